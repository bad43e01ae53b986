/** Typed clients of the batch-user APIs that a userbatch gateway serves. */

export * from './avepoint.js';
export * from './bitbadges.js';
export { GatewayError } from './error.js';
export * from './genauth.js';
export type { AccessKey } from './signature.js';
export type { GivenToken, Token } from './token.js';
export type { CallOptions, ClientOptions } from './transport.js';
