import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globals: true,
    environment: 'jsdom',
    include: ['labextension/src/__tests__/*.spec.{ts,tsx}'],
    setupFiles: ['labextension/src/__tests__/setup.ts'],
    restoreMocks: true,
    // One jsdom for the files of a worker: making it and loading JupyterLab into it took four times as long as the tests.
    // What a file leaves behind, setup.ts puts away.
    isolate: false,
    // JupyterLab's packages are written for bundlers: imports without extensions, and style sheets.
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//] } }
  }
});
