import util from 'node:util';

// @tensorflow/tfjs-node 4.22 calls two functions of `util` that Node deprecated in 22 and dropped in 23. Imported
// before it, this puts equals in their place.
Object.assign(util, {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
});
