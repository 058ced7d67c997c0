/**
 * Who may import whom (ARCHITECTURE.md, Folders). The rules are data; there is no exception list.
 * Paths are relative to the project's root, with `/` everywhere.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

interface Layer {
  /** The layer holds every file under this folder, or this one file; the longest match counts. */
  readonly path: string;
  /** Folders or files of the project it may import, besides its own. */
  readonly own: readonly string[];
  /** Whether it may import `node:` modules. */
  readonly node: boolean;
  /** Packages it may import; `true` is any of package.json but electron. */
  readonly packages: readonly string[] | true;
}

const SVELTE_PACKAGES = ['svelte', 'bits-ui', '@lucide/svelte', 'd3'];

const LAYERS: readonly Layer[] = [
  { path: 'proto', own: [], node: false, packages: [] },
  { path: 'electron/engine/config.ts', own: ['proto'], node: false, packages: [] },
  {
    path: 'electron/engine/wire',
    own: ['proto', 'electron/engine/store', 'electron/engine/config.ts'],
    node: false,
    packages: [],
  },
  {
    path: 'electron/engine/store',
    own: ['proto', 'electron/engine/wire', 'electron/engine/config.ts'],
    node: false,
    packages: [],
  },
  {
    path: 'electron/engine/query',
    own: ['proto', 'electron/engine/wire', 'electron/engine/store', 'electron/engine/config.ts'],
    node: false,
    packages: [],
  },
  {
    path: 'electron/engine/view',
    own: [
      'proto',
      'electron/engine/wire',
      'electron/engine/store',
      'electron/engine/query',
      'electron/engine/config.ts',
    ],
    node: false,
    packages: [],
  },
  {
    path: 'electron/engine/live',
    own: [
      'proto',
      'electron/engine/wire',
      'electron/engine/store',
      'electron/engine/query',
      'electron/engine/view',
      'electron/engine/config.ts',
    ],
    node: false,
    packages: [],
  },
  { path: 'electron/engine', own: ['proto'], node: false, packages: [] },
  {
    path: 'electron/node',
    own: [
      'proto',
      'electron/engine/engine.ts',
      'electron/engine/config.ts',
      'electron/engine/wire',
    ],
    node: true,
    packages: true,
  },
  {
    path: 'electron/main',
    own: ['proto', 'electron/node/host'],
    node: true,
    packages: ['electron', 'valibot'],
  },
  { path: 'electron/preload', own: ['proto'], node: false, packages: ['electron'] },
  { path: 'renderer/base', own: ['proto'], node: false, packages: ['d3'] },
  { path: 'renderer/canvas', own: ['proto', 'renderer/base'], node: false, packages: ['d3'] },
  { path: 'renderer/styles', own: [], node: false, packages: [] },
  {
    path: 'renderer/session',
    own: ['proto', 'renderer/base'],
    node: false,
    packages: SVELTE_PACKAGES,
  },
  {
    path: 'renderer/ui',
    own: ['proto', 'renderer/base', 'renderer/canvas', 'renderer/styles'],
    node: false,
    packages: SVELTE_PACKAGES,
  },
  {
    path: 'renderer/ui/query',
    own: ['proto', 'renderer/base', 'renderer/ui'],
    node: false,
    packages: [...SVELTE_PACKAGES, '@codemirror/commands', '@codemirror/state', '@codemirror/view'],
  },
  {
    path: 'renderer/features',
    own: [
      'proto',
      'renderer/base',
      'renderer/canvas',
      'renderer/session',
      'renderer/ui',
      'renderer/styles',
    ],
    node: false,
    packages: SVELTE_PACKAGES,
  },
  { path: 'renderer', own: ['proto'], node: false, packages: SVELTE_PACKAGES },
];

/** A file of the engine's wire folder must not reach up into the store, but for the scanners. */
const SCANNER = /^electron\/engine\/wire\/scan-[\w-]+\.ts$/;

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Reads imports with TypeScript's own scanner; of a Svelte file, those of its scripts. */
function importsOf(file: string): Import[] {
  const whole = readFileSync(join(ROOT, file), 'utf8');
  const scripts = file.endsWith('.svelte')
    ? [...whole.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1])
    : [whole];
  return scripts.flatMap((text) =>
    ts.preProcessFile(text, true, true).importedFiles.map((found) => ({
      from: file,
      specifier: found.fileName,
      typeOnly: /(?:^|\n)\s*(?:import|export)\s+type\s[^;]*$/.test(text.slice(0, found.pos)),
    })),
  );
}

const isWithin = (path: string, place: string): boolean =>
  path === place || path.startsWith(`${place}/`);

function layerOf(file: string): Layer {
  const found = LAYERS.filter((layer) => isWithin(file, layer.path)).sort(
    (a, b) => b.path.length - a.path.length,
  )[0];
  if (found === undefined) throw new Error(`${file} belongs to no layer`);
  return found;
}

const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Why an import is not allowed; undefined when it is. */
function objection({ from, specifier, typeOnly }: Import): string | undefined {
  const layer = layerOf(from);
  if (specifier.startsWith('.')) {
    const target = posix.normalize(
      posix.join(dirname(from).split(sep).join('/'), specifier.split('?')[0]),
    );
    if (isWithin(target, 'package.json')) return undefined;
    if (isWithin(target, layer.path)) return featureObjection(from, target);
    if (layer.path === 'electron/engine' && isWithin(target, 'electron/engine')) return undefined;
    if (layer.path === 'electron/engine/wire' && isWithin(target, 'electron/engine/store')) {
      return SCANNER.test(from) ? undefined : `${from}: only scanners may know the store`;
    }
    if (layer.path === 'renderer' && isWithin(target, 'renderer')) return undefined;
    if (layer.own.some((place) => isWithin(target, place))) return undefined;
    return `${from} must not import ${target}`;
  }
  if (specifier.startsWith('node:')) {
    return layer.node ? undefined : `${from} must not import ${specifier}`;
  }
  const name = packageName(specifier);
  const listed = layer.packages === true ? name !== 'electron' : layer.packages.includes(name);
  if (listed) return undefined;
  if (name === 'electron' && typeOnly && layer.path === 'electron/node') return undefined;
  return `${from} must not import ${name}`;
}

/** Features meet in the session: none imports another, but for the frame that holds them. */
function featureObjection(from: string, target: string): string | undefined {
  const feature = /^renderer\/features\/([^/]+)\//;
  const own = feature.exec(from)?.[1];
  const other = feature.exec(target)?.[1];
  if (own === undefined || other === undefined || own === other) return undefined;
  return `${from} must not import the feature ${other}`;
}

describe('layers', () => {
  const files = ['proto', 'electron', 'renderer'].flatMap(sourceFiles);

  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('lets each layer import only what the table allows', () => {
    expect(
      files
        .flatMap(importsOf)
        .map(objection)
        .filter((text) => text !== undefined),
    ).toEqual([]);
  });

  it('objects to what the table forbids', () => {
    const forbidden: Import[] = [
      { from: 'renderer/ui/a.ts', specifier: '../../electron/engine/engine.ts', typeOnly: true },
      { from: 'renderer/features/logs/a.ts', specifier: '../traces/b.ts', typeOnly: false },
      { from: 'electron/engine/view/a.ts', specifier: 'node:fs', typeOnly: false },
      { from: 'electron/engine/store/a.ts', specifier: '../view/b.ts', typeOnly: false },
      { from: 'electron/engine/wire/decode.ts', specifier: '../store/store.ts', typeOnly: false },
      { from: 'electron/node/cli/a.ts', specifier: 'electron', typeOnly: false },
      { from: 'electron/node/cli/a.ts', specifier: '../../engine/store/store.ts', typeOnly: false },
      { from: 'proto/live/a.ts', specifier: '../../electron/engine/config.ts', typeOnly: true },
      { from: 'renderer/canvas/a.ts', specifier: 'svelte', typeOnly: false },
    ];
    for (const one of forbidden) expect(objection(one), JSON.stringify(one)).toBeDefined();
  });
});
