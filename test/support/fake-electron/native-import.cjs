/** Node's own import(), out of reach of the test runner's module transform. */
module.exports = { nativeImport: (url) => import(url) };
