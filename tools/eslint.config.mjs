// @ts-check
/** eslint.config.mjs - the rules of `make lint-js` for JavaScript: type-checked, and strict about promises. */
import tseslint from 'typescript-eslint';
import swallowed from './check/swallowed.mjs';

/** The test runner waits for its own promises. */
const TEST_RUNNER = { from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite'] };

export default tseslint.config(
  { ignores: ['build/**', 'node_modules/**', 'tests/package/project/**', '**/*.d.ts'] },
  {
    files: ['web/**/*.js', 'tools/**/*.mjs', 'tools/**/*.js', 'tests/**/*.mjs'],
    extends: [tseslint.configs.base],
    plugins: { inklearn: { rules: { swallowed } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: {
      parserOptions: { project: ['tsconfig.json', 'tsconfig.tests.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [TEST_RUNNER] }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      'inklearn/swallowed': 'error',
      'no-empty': 'error',
      'no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
);
