// A deliberate mistake: the type check must refuse this file, or it checks nothing (see control.mjs).
export const seconds: number = "thirty";
