/** The example of docs/extending.md is what a person would copy: it compiles, and does what it says. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

import { CommandIDs } from '../tokens';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/extending.md'), 'utf8');

/** The text of the block that follows a file's name. */
function block(file: string): string {
  const text = PAGE.slice(PAGE.indexOf(`\`${file}\``));
  return /```\w+\n([\s\S]*?)```/.exec(text)![1]!;
}

function compile(source: string): string[] {
  const folder = mkdtempSync(join(ROOT, 'node_modules/.extending-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const file = join(folder, 'index.ts');
    writeFileSync(file, source);
    const { config } = ts.parseConfigFileTextToJson('tsconfig.json', block('tsconfig.json'));
    const asked = (config as { compilerOptions: Record<string, unknown> }).compilerOptions;
    const { options } = ts.convertCompilerOptionsFromJson(
      {
        ...asked,
        rootDir: undefined,
        noEmit: true,
        types: [],
        jsx: 'react',
        esModuleInterop: true,
        paths: { 'session-state-ext': [join(ROOT, 'labextension/src/index.ts')] }
      },
      folder
    );
    const program = ts.createProgram([file], options);
    const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
    return found.map(each => ts.flattenDiagnosticMessageText(each.messageText, '\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the example compiles against what other extensions get', () => {
  const source = block('src/index.ts');
  expect(compile(source)).toEqual([]);
  expect(compile(source.replace('setVariable', 'setVarible')).length).toBeGreaterThan(0);
}, 60_000);

test('its package shares the token', () => {
  const { jupyterlab } = JSON.parse(block('package.json')) as {
    jupyterlab: { sharedPackages: Record<string, unknown> };
  };
  expect(jupyterlab.sharedPackages).toEqual({
    'session-state-ext': { bundled: false, singleton: true }
  });
});

test('all commands are named', () => {
  for (const id of Object.values(CommandIDs)) {
    expect(PAGE).toContain(`\`${id.replace(/^session-state(?!:show)/, '')}\``);
  }
});
