/** Whether a value of a field fits what a comparison asks: word, text, number, time. */
import type { CompareOp, Field, Value } from '../../../electron/engine/query/ast.ts';
import { readMoment } from '../../../electron/engine/query/values.ts';
import { RE2 } from '../../../electron/node/host/regex.ts';
import { type Scalar, textForm } from './values.ts';

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  nanoseconds: 1n,
  us: 1_000n,
  microseconds: 1_000n,
  ms: 1_000_000n,
  milliseconds: 1_000_000n,
  s: 1_000_000_000n,
  seconds: 1_000_000_000n,
};

/** Whether one value of a field, found under this name, fits one value of a comparison. */
export function fits(
  field: Field,
  name: string,
  op: CompareOp,
  scalar: Scalar,
  value: Value,
): boolean {
  if (field.type === 'intrinsic' && ['kind', 'status', 'level'].includes(field.name)) {
    return fitsWord(field.name, op, scalar, value);
  }
  const isId =
    (field.type === 'intrinsic' && ['trace', 'span', 'parent'].includes(field.name)) ||
    (field.type === 'attribute' && field.pin === 'link' && /^(trace|span)$/.test(field.key));
  const wanted = isId && op !== '~' ? { ...value, text: value.text.toLowerCase() } : value;
  if (op === '~') {
    const regex = RE2.compile(wanted.text);
    if (!regex.ok) throw new Error(regex.message);
    return scalar.type !== 'other' && regex.test(textForm(scalar.value));
  }
  switch (scalar.type) {
    case 'other':
      return false;
    case 'bool':
      return op === '=' && !value.quoted && !value.glob && value.text === String(scalar.value);
    case 'string':
      return fitsText(op, scalar.value, wanted);
    case 'number': {
      const number = numberOf(field, name, value);
      return number !== null && fitsNumber(op, scalar.value, number);
    }
  }
}

function fitsWord(name: string, op: CompareOp, scalar: Scalar, value: Value): boolean {
  const word = value.text.toLowerCase();
  const own = scalar.type === 'string' ? scalar.value : '';
  if (op === '=') return own === word;
  const order = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  if (name !== 'level' || !order.includes(own) || !order.includes(word)) return false;
  return fitsNumber(op, order.indexOf(own), order.indexOf(word));
}

function fitsText(op: CompareOp, text: string, value: Value): boolean {
  if (op === '=') {
    if (!value.glob) return text === value.text;
    const pattern = value.text
      .split('*')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return new RegExp(`^${pattern.join('[^]*')}$`, 'u').test(text);
  }
  if (value.number !== null) return false;
  return fitsNumber(op, Buffer.compare(Buffer.from(text), Buffer.from(value.text)), 0);
}

function numberOf(field: Field, name: string, value: Value): number | bigint | null {
  if (field.type === 'intrinsic' && field.name === 'start') {
    const moment = readMoment(value.text);
    return moment.type === 'moment' ? moment.unixNano : null;
  }
  if (value.number === null) return null;
  const { int, double, unit } = value.number;
  const suffix = /[._]([a-z]+)$/.exec(name)?.[1] ?? '';
  const factor = field.type === 'attribute' && unit === 'duration' ? (UNIT_NS[suffix] ?? 1n) : 1n;
  if (int === null || int % factor !== 0n) return double / Number(factor);
  return int / factor;
}

/** JavaScript compares a bigint with a double exactly. */
function fitsNumber(op: CompareOp, own: number | bigint, wanted: number | bigint): boolean {
  if (op === '<') return own < wanted;
  if (op === '<=') return own <= wanted;
  if (op === '>') return own > wanted;
  if (op === '>=') return own >= wanted;
  return own <= wanted && own >= wanted;
}
