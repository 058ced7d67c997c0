/** Which stack frames belong to libraries, runtimes and generated code, and to which. */
import type { StackLanguage } from './stack-frames.ts';

/** What a frame belongs to; '' for a frame of the program itself. */
export function libraryOf(language: StackLanguage, fn: string, file: string): string {
  switch (language) {
    case 'nodejs':
      return nodeLibrary(file);
    case 'python':
      return pythonLibrary(file);
    case 'java':
      return prefixLibrary(fn, JAVA_LIBRARIES, '.');
    case 'dotnet':
      return prefixLibrary(fn, DOTNET_LIBRARIES, '.');
    case 'go':
      return goLibrary(fn, file);
    case 'ruby':
      return rubyLibrary(file);
    case 'php':
      return phpLibrary(fn, file);
    case 'rust':
      return rustLibrary(fn, file);
  }
}

function nodeLibrary(file: string): string {
  if (file === 'native' || file === '<anonymous>') return 'node';
  if (/^(node:|internal\/)/.test(file)) return 'node';
  const parts = slashes(file).split('/node_modules/');
  const last = parts.length > 1 ? (parts.at(-1) ?? '') : '';
  if (last === '') return '';
  // pnpm: node_modules/.pnpm/name@1.0.0/node_modules/name/…; the last folder names it.
  const [scope = '', name = ''] = last.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

function pythonLibrary(file: string): string {
  const path = slashes(file);
  if (/^<(?!stdin|console)/.test(path)) return 'python';
  const installed = /\/(?:site|dist)-packages\/([^/]+)/.exec(path)?.[1];
  if (installed !== undefined) return installed.replace(/\.py$/, '');
  const standard = /\/lib(?:64)?\/python\d[\d.]*\/([^/]+)/i.exec(path)?.[1];
  return standard === undefined ? '' : 'python';
}

const JAVA_LIBRARIES = [
  'java', 'javax', 'jakarta', 'jdk', 'sun', 'com.sun', 'kotlin', 'kotlinx', 'scala', 'groovy',
  'org.springframework', 'org.apache', 'org.hibernate', 'org.eclipse', 'org.jboss', 'org.junit',
  'io.netty', 'io.opentelemetry', 'io.micrometer', 'io.grpc', 'io.quarkus', 'io.vertx',
  'io.micronaut', 'io.ktor', 'io.undertow', 'reactor', 'com.google', 'com.fasterxml', 'com.zaxxer',
  'com.mysql', 'com.mongodb', 'com.rabbitmq', 'com.squareup', 'okhttp3', 'retrofit2', 'org.postgresql',
  'org.slf4j', 'ch.qos.logback', 'net.bytebuddy', 'org.mockito', 'redis.clients', 'feign', 'graphql',
]; // prettier-ignore

const DOTNET_LIBRARIES = [
  'System', 'Microsoft', 'OpenTelemetry', 'Npgsql', 'MySqlConnector', 'Grpc', 'StackExchange',
  'Newtonsoft', 'Serilog', 'MassTransit', 'MediatR', 'Polly', 'Dapper', 'RabbitMQ', 'Confluent',
  'MongoDB', 'Azure', 'Amazon', 'Castle', 'AutoMapper', 'FluentValidation', 'Hangfire', 'Xunit',
  'NUnit', 'Swashbuckle',
]; // prettier-ignore

/** The longest known prefix of a dotted name. */
function prefixLibrary(fn: string, libraries: readonly string[], dot: string): string {
  let found = '';
  for (const library of libraries) {
    if (library.length > found.length && fn.startsWith(library + dot)) found = library;
  }
  return found;
}

/** Whether the runtime's own functions above a panic are left aside. */
export function isGoOwn(fn: string): boolean {
  return !/^(panic|gopanic|goexit|debug\.Stack)$/.test(fn);
}

function goLibrary(fn: string, file: string): string {
  const path = slashes(file);
  if (/\/(?:go|golang)(?:@?[\d.]*)?\/src\//.test(path) || /^\$?GOROOT\//.test(path)) {
    return `go/${fn.split(/[./]/)[0] ?? ''}`;
  }
  const module =
    /\/pkg\/mod\/(.+?)@v/.exec(path)?.[1] ?? /\/vendor\/((?:[^/]+\/){1,3})/.exec(path)?.[1];
  if (module !== undefined) return module.replace(/\/$/, '').split('/').slice(-2).join('/');
  return fn.startsWith('runtime/') ? 'go/runtime' : '';
}

function rubyLibrary(file: string): string {
  const path = slashes(file);
  if (/^(<internal:|\(eval)/.test(path)) return 'ruby';
  const gem = /\/gems\/([^/]+?)-\d[^/]*\//.exec(path)?.[1];
  if (gem !== undefined) return gem;
  return /\/lib\/ruby\//.test(path) ? 'ruby' : '';
}

function phpLibrary(fn: string, file: string): string {
  const vendor = /(?:^|\/)vendor\/([^/]+\/[^/]+)/.exec(slashes(file))?.[1];
  if (vendor !== undefined) return vendor;
  return file === '' && fn !== '' ? 'php' : '';
}

function rustLibrary(fn: string, file: string): string {
  const path = slashes(file);
  const crate = /\/registry\/src\/[^/]+\/([^/]+?)-\d[^/]*\//.exec(path)?.[1];
  if (crate !== undefined) return crate;
  const root = /^<?&?(?:mut )?(?:dyn )?(\w+)(?:::|$)/.exec(fn)?.[1] ?? '';
  if (
    /^\/?rustc\//.test(path) ||
    ['std', 'core', 'alloc', 'rust_begin_unwind', 'backtrace'].includes(root)
  ) {
    return ['core', 'alloc'].includes(root) ? root : 'std';
  }
  if (file === '' && /^(_|__|clone|start|main$)/.test(fn)) return 'std';
  return '';
}

function slashes(file: string): string {
  return file.replaceAll('\\', '/');
}
