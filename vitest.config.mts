import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globals: true,
    environment: 'jsdom',
    include: ['labextension/src/__tests__/*.spec.{ts,tsx}'],
    setupFiles: ['labextension/src/__tests__/setup.ts'],
    restoreMocks: true,
    // JupyterLab's packages are written for bundlers: imports without extensions, and style sheets.
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//] } }
  }
});
