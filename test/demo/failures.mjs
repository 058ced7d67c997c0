/** Failures of eight languages: the stack traces that the unit tests read, sent by services. */
import { readFileSync } from 'node:fs';

const stack = (name) =>
  readFileSync(new URL(`../cases/stack-traces/${name}.txt`, import.meta.url), 'utf8');

/** One failure a language, with what `exception.*` say of it. */
export const FAILURES = [
  {
    language: 'nodejs',
    type: 'ReadTimeout',
    message: 'psp-sandbox did not answer within 200 ms',
    stack: stack('nodejs-cause'),
  },
  {
    language: 'python',
    type: 'psp.errors.ReadTimeout',
    message: 'psp-sandbox did not answer within 200 ms',
    stack: stack('python-chained'),
  },
  {
    language: 'java',
    type: 'java.lang.IllegalStateException',
    message: 'could not reserve',
    stack: stack('java-caused-by'),
  },
  {
    language: 'dotnet',
    type: 'System.InvalidOperationException',
    message: 'Order 8812 has no lines',
    stack: stack('dotnet-inner'),
  },
  {
    language: 'go',
    type: '*errors.errorString',
    message: 'pool exhausted',
    stack: stack('go-panic'),
  },
  {
    language: 'ruby',
    type: 'NoMethodError',
    message: "undefined method '+' for nil",
    stack: stack('ruby-backtrace'),
  },
  {
    language: 'php',
    type: 'LogicException',
    message: 'Template missing',
    stack: stack('php-previous'),
  },
  {
    language: 'rust',
    type: 'panic',
    message: 'oven 3 is too hot',
    stack: stack('rust-panic'),
  },
];
