// A file that cannot be edited as it is.

/** Expected: the message says why, in words to be read after the path. */
export class Unfit extends Error {}
