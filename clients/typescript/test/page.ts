/**
 * What the browser's test runs in its page. It holds secrets only to show that each call works there: a real page gets
 * tokens from its server, as README.md says.
 */

import {
  type AvePointOptions,
  type BitBadgesOptions,
  createAvePoint,
  createBitBadges,
  createGenAuth,
  type GenAuthOptions,
  GatewayError,
} from 'userbatch-client';

/** What a page is given to call with. */
export interface Given {
  bitbadges: BitBadgesOptions;
  avepoint: AvePointOptions;
  genauth: GenAuthOptions;
}

/** Whom each API returned, or why it did not. */
export type Outcome = string[] | { error: string; status?: number; requestId?: string | undefined };

declare global {
  var callEachApi: (given: Given) => Promise<Record<keyof Given, Outcome>>;
}

globalThis.callEachApi = async (given) => ({
  bitbadges: await outcome(async () => {
    const holders = new Set<string>();
    const walk = createBitBadges(given.bitbadges).collected({ username: 'marta.collector' });
    for await (const { cosmosAddress } of walk) holders.add(cosmosAddress);
    return [...holders];
  }),
  avepoint: await outcome(async () => {
    const names: string[] = [];
    const walk = createAvePoint(given.avepoint).users({ pageSize: 9 });
    for await (const { displayName } of walk) names.push(displayName ?? '');
    return names;
  }),
  genauth: await outcome(async () => {
    const users = await createGenAuth(given.genauth).users(['test@example.com', '张三'], { userIdType: 'email' });
    return users.map(({ username }) => username ?? '');
  }),
});

async function outcome(call: () => Promise<string[]>): Promise<Outcome> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof GatewayError) return { error: error.name, status: error.status, requestId: error.requestId };
    return { error: error instanceof Error ? error.name : String(error) };
  }
}
