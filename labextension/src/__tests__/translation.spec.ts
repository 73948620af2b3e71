/** All that a person reads or hears goes through the translator. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const SOURCES = resolve(import.meta.dirname, '..');
const SAID = new Set(['title', 'aria-label', 'placeholder', 'alt', 'label', 'caption', 'text']);
// Options of commands, menus, dialogs and notices, and what a script puts on the screen.
const LABELS = new Set(['label', 'caption', 'title', 'text', 'okLabel', 'cancelLabel']);
const ASSIGNED = new Set(['textContent', 'innerText', 'title', 'placeholder', 'caption']);
const CODE = new Set(['pre', 'code']);

// Values are written as Python writes them, in any language.
const VALUES = new Set(['None', 'True', 'False', 'NaN', 'NaT', 'inf']);

const isWords = (text: string): boolean => /\p{L}{2}/u.test(text) && !VALUES.has(text);

/** Words of a source that no translator sees, with their lines. */
export function untranslated(name: string, text: string): string[] {
  const kind = name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, kind);
  const found: string[] = [];
  const add = (node: ts.Node, words: string): void => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${name}:${line + 1}: ${words.trim()}`);
  };
  /** Literals that an expression may come to; what a call makes of its arguments is the call's. */
  const literals = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      if (isWords(node.text)) {
        add(node, node.text);
      }
    } else if (ts.isTemplateExpression(node)) {
      const words = [node.head, ...node.templateSpans.map(span => span.literal)];
      words.filter(part => isWords(part.text)).forEach(part => add(part, part.text));
    } else if (ts.isConditionalExpression(node)) {
      literals(node.whenTrue);
      literals(node.whenFalse);
    } else if (ts.isBinaryExpression(node) || ts.isParenthesizedExpression(node)) {
      ts.forEachChild(node, literals);
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxElement(node) && CODE.has(node.openingElement.tagName.getText())) {
      return;
    }
    if (ts.isJsxText(node) && isWords(node.text)) {
      add(node, node.text);
    } else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent) && node.expression) {
      literals(node.expression);
    } else if (ts.isJsxAttribute(node) && SAID.has(node.name.getText()) && node.initializer) {
      const { initializer } = node;
      literals(ts.isJsxExpression(initializer) ? initializer.expression! : initializer);
    } else if (ts.isPropertyAssignment(node) && LABELS.has(node.name.getText())) {
      literals(node.initializer);
    } else if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(node.left) &&
      ASSIGNED.has(node.left.name.text)
    ) {
      literals(node.right);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(each => {
    const path = join(folder, each.name);
    if (each.isDirectory()) {
      return each.name === '__tests__' ? [] : sources(path);
    }
    return /\.tsx?$/.test(each.name) ? [path] : [];
  });
}

test('no words bypass it', () => {
  const found = sources(SOURCES).flatMap(path =>
    untranslated(path.slice(SOURCES.length + 1), readFileSync(path, 'utf8'))
  );
  expect(found).toEqual([]);
});

test.each([
  '<p>Saved</p>',
  '<p>{"Saved"}</p>',
  '<p>{isSaved ? "Saved" : trans.__("Saving")}</p>',
  '<p>{`Saved ${count}`}</p>',
  '<button title="Save" />',
  '<button aria-label={`Menu of ${name}`} />',
  'notify({ text: "Saved" })',
  'node.textContent = "Saved"'
])('%s would be found', source => {
  expect(untranslated('x.tsx', source).length).toBe(1);
});

test.each([
  '<p>{trans.__("Saved")}</p>',
  '<p>{name} · {count}</p>',
  '<pre>{"session[\\"lr\\"]"}</pre>',
  '<button className="jp-SessionButton" data-testid="save" title={trans.__("Save")} />',
  'notify({ text: trans._n("%1 row", "%1 rows", n) })'
])('%s is well', source => {
  expect(untranslated('x.tsx', source)).toEqual([]);
});
