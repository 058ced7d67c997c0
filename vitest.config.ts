import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import pkg from './package.json' with { type: 'json' };

const define = { __VERSION__: JSON.stringify(pkg.version) };

/**
 * `unit` runs in plain Node and needs no build; `e2e` drives the built program in a real browser,
 * one file after the other, because two cores cannot draw in parallel.
 */
export default defineConfig({
  define,
  test: {
    projects: [
      {
        define,
        plugins: [svelte({ configFile: false })],
        test: {
          name: 'unit',
          include: ['test/{unit,cases,integration,fuzz}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 30_000,
          pool: 'forks',
        },
      },
      {
        define,
        test: {
          name: 'e2e',
          include: ['test/{component,e2e}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          pool: 'forks',
        },
      },
    ],
  },
});
