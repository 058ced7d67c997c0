/**
 * One build, four outputs, no Electron plugin:
 *   dist/renderer            the page, served by both hosts
 *   dist/{cli,engine}.js     plain Node: the command line (browser mode) and the engine process
 *   dist/electron/main.js    Electron main (ESM)
 *   dist/electron/preload.cjs  the sandboxed preload (one CommonJS file)
 */
import { builtinModules } from 'node:module';
import { chmod, rm } from 'node:fs/promises';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type EnvironmentOptions } from 'vite';
import pkg from './package.json' with { type: 'json' };

const nodeExternal = ['electron', /^node:/, ...builtinModules];

function nodeEnvironment(
  input: Record<string, string>,
  outDir: string,
  format: 'es' | 'cjs',
): EnvironmentOptions {
  return {
    consumer: 'server',
    resolve: {
      noExternal: true,
      external: ['electron'],
      conditions: ['node', 'import', 'module', 'default'],
    },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        platform: 'node',
        input,
        external: nodeExternal,
        output:
          format === 'es'
            ? { format, entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
            : { format, entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  };
}

const fromRoot = (path: string): string => new URL(path, import.meta.url).pathname;

export default defineConfig({
  root: fromRoot('./renderer'),
  base: './',
  plugins: [svelte({ configFile: false })],
  define: { __VERSION__: JSON.stringify(pkg.version) },
  environments: {
    client: {
      build: {
        outDir: fromRoot('./dist/renderer'),
        emptyOutDir: true,
        target: 'chrome130',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        sourcemap: true,
        rolldownOptions: { input: fromRoot('./renderer/index.html') },
      },
    },
    node: nodeEnvironment(
      {
        cli: fromRoot('./electron/node/cli/cli.ts'),
        engine: fromRoot('./electron/node/host/engine-process.ts'),
      },
      fromRoot('./dist'),
      'es',
    ),
    main: nodeEnvironment(
      { main: fromRoot('./electron/main/main.ts') },
      fromRoot('./dist/electron'),
      'es',
    ),
    preload: nodeEnvironment(
      { preload: fromRoot('./electron/preload/preload.ts') },
      fromRoot('./dist/electron'),
      'cjs',
    ),
  },
  builder: {
    sharedConfigBuild: false,
    async buildApp(builder) {
      await rm(fromRoot('./dist'), { recursive: true, force: true });
      for (const name of ['client', 'node', 'main', 'preload']) {
        const environment = builder.environments[name];
        if (environment === undefined) throw new Error(`no build environment named ${name}`);
        await builder.build(environment);
      }
      await chmod(fromRoot('./dist/cli.js'), 0o755);
    },
  },
});
