import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

/**
 * Arrows point one way only (CONTRIBUTING.md). A file may import from the layers above its own line and, within its line,
 * from the files before it.
 */
const layers = [
  [
    'json',
    'ids',
    'names',
    'layered',
    'freetext',
    'numbertext',
    'pacer',
    'asks',
    'corrections',
    'places',
    'proposal'
  ],
  ['model', 'frames', 'changes', 'overlay'],
  [
    'limits',
    'freshness',
    'stepgraph',
    'steps',
    'scalartext',
    'ndarray',
    'columns',
    'sheet',
    'sheetorder',
    'tsv',
    'typed',
    'timeline'
  ],
  ['treerows', 'declaration', 'pythontext', 'selection', 'arrangement', 'graph', 'layout'],
  [
    'edit',
    'outbox',
    'rest',
    'archive',
    'kept',
    'channel',
    'shelf',
    'memory',
    'document',
    'kernellife',
    'kernelpackage'
  ],
  [
    'tab',
    'drafts',
    'replica',
    'sender',
    'status',
    'standing',
    'conflicts',
    'notebook',
    'clientoptions'
  ],
  ['view', 'writer', 'flushes'],
  ['client'],
  ['drain', 'runner', 'pastclient', 'news', 'changelist', 'history'],
  ['sessions', 'sessionlist'],
  ['current'],
  ['context'],
  ['components/*'],
  ['icons', 'tokens'],
  ['panel', 'larger', 'stepdialog', 'statusbar'],
  ['commands'],
  ['index']
];

const REACT = ['react', 'react-dom', '@testing-library/*'];
const beforeReact = layers
  .slice(
    0,
    layers.findIndex(layer => layer[0] === 'context')
  )
  .flat();

const arrows = layers.map((layer, i) => {
  const later = layers.slice(i + 1).flat();
  return {
    files: layer.map(name => `labextension/src/${name}.{ts,tsx}`),
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...later.map(name => ({
              // A file beside this one, or above it for components.
              group: [`./${name}`, `../${name}`],
              message: `${layer.join(', ')} stand below ${name}: see the arrows in CONTRIBUTING.md.`
            })),
            ...(beforeReact.includes(layer[0])
              ? [{ group: REACT, message: 'No React before context.tsx.' }]
              : []),
            ...(i < 3
              ? [{ group: ['@jupyterlab/*', '@lumino/*'], message: 'The model knows no Jupyter.' }]
              : [])
          ]
        }
      ]
    }
  };
});

export default ts.config(
  { ignores: ['**/*.cjs', '**/lib/**', '**/node_modules/**', 'session_state_ext/**'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  {
    files: ['labextension/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    languageOptions: {
      parserOptions: {
        project: './labextension/tsconfig.test.json',
        tsconfigRootDir: import.meta.dirname
      }
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...hooks.configs.recommended.rules,
      'react-hooks/exhaustive-deps': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': ['error', { allow: ['warn', 'error'] }],
      '@typescript-eslint/explicit-function-return-type': [
        'error',
        { allowExpressions: true, allowTypedFunctionExpressions: true }
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true }
      ],
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-namespace': 'off',
      // Options and methods that are handed on are arrow functions here.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'Values are shown as text, always.'
        }
      ]
    }
  },
  ...arrows,
  {
    files: ['labextension/src/__tests__/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-empty-function': 'off'
    }
  },
  { files: ['**/*.{js,mjs,mts}'], ...ts.configs.disableTypeChecked }
);
