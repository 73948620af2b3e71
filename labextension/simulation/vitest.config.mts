import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globals: true,
    environment: 'node',
    include: ['labextension/simulation/*.spec.ts'],
    testTimeout: 2 * 60 * 60 * 1000,
    // JupyterLab's packages are written for bundlers: imports without extensions, and style sheets.
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//] } }
  }
});
