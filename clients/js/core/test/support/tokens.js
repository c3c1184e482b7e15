import { randomUUID } from 'node:crypto';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A key that signs tokens. */
export class SigningKey {
  static async generate(alg = 'EdDSA') {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const key = new SigningKey();
    key.privateKey = privateKey;
    key.jwk = { ...(await exportJWK(publicKey)), kid: `kid-${randomUUID()}`, alg, use: 'sig' };
    return key;
  }

  /** Signs claims as they are; `header` replaces members of the header. */
  sign(claims, typ, header = {}) {
    const { alg, kid } = this.jwk;
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ, ...header }).sign(this.privateKey);
  }
}

/** A new user with one session. */
export function newUser() {
  return { id: randomUUID(), sessions: [randomUUID()], version: 1, disabled: false };
}
