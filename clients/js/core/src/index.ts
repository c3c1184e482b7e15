export type { Environment } from './environment.js';
export type { Fetch } from './http.js';
export type { Description } from './metadata.js';
export type { VerifierOptions } from './options.js';
export { signRequest, type Credentials, type SignableRequest, type Signing } from './proof.js';
export type {
  Accepted,
  RefusalCode,
  Refused,
  Unavailable,
  Verdict,
  VerifiedSession,
  VerifiedUser,
} from './verdict.js';
export { createVerifier, type Verifier, type VerifierStats } from './verifier.js';
