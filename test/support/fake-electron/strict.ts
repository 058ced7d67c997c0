/** Refusal of everything that the fake does not know, so that it never lets an unknown call pass. */

/** Names that the language and the test runner look up on any object. */
const LOOKED_UP = new Set([
  'prototype',
  'then',
  'toJSON',
  'asymmetricMatch',
  'nodeType',
  'tagName',
  '$$typeof',
]);

/** The same object, whose unknown properties throw on reading. */
export function strict<T extends object>(target: T, name: string): T {
  return new Proxy(target, {
    get(object, property) {
      if (typeof property === 'string' && !(property in object) && !LOOKED_UP.has(property)) {
        throw new Error(`fake electron: ${name}.${property} is not part of the fake`);
      }
      const value: unknown = Reflect.get(object, property, object);
      // Private fields are on the target, not on the proxy.
      return typeof value === 'function' && property !== 'constructor'
        ? (value.bind(object) as unknown)
        : value;
    },
    set(object, property, value) {
      if (!(property in object)) {
        throw new Error(`fake electron: ${name}.${String(property)} cannot be set in the fake`);
      }
      return Reflect.set(object, property, value, object);
    },
  });
}

/** Throws where Electron only allows a call after (or before) `ready`. */
export function expectReady(isReady: boolean, wanted: boolean, call: string): void {
  if (isReady !== wanted) {
    throw new Error(`fake electron: ${call} called ${wanted ? 'before' : 'after'} app is ready`);
  }
}
