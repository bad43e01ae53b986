import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { createAvePoint, createBitBadges, GatewayError } from '../src/index.js';
import { stringToSign } from '../src/signature.js';
import { split } from '../src/split.js';
import { Tokens } from '../src/token.js';

/** A client whose requests get these responses, in turn. */
function answering(responses: Response[], retries?: number) {
  const keys: (string | null)[] = [];
  const fetch = async (request: Request) => {
    keys.push(request.headers.get('x-api-key'));
    return responses.shift() ?? assert.fail('one request too many');
  };
  const options = { baseUrl: 'http://gateway.invalid', apiKey: 'key', fetch };
  return { client: createBitBadges(retries === undefined ? options : { ...options, retries }), keys };
}

const busy = (status: number, retryAfter?: string) =>
  new Response('{"message":"busy"}', { status, headers: retryAfter ? { 'retry-after': retryAfter } : {} });
const found = () => Response.json({ account: { username: 'somebody' } });
const who = { username: 'somebody' };

describe('A request refused for now', () => {
  test('is repeated, with its credential, after the time that the gateway says', async () => {
    const { client, keys } = answering([busy(429, '0'), busy(503, '1'), found()]);
    const started = performance.now();
    assert.equal((await client.account(who)).username, 'somebody');
    assert.ok(performance.now() - started > 900);
    assert.deepEqual(keys, ['key', 'key', 'key']);
  });

  test('is an error after the last attempt, with the time to wait', async () => {
    const { client, keys } = answering([busy(429, '0'), busy(429, '7')], 1);
    await assert.rejects(client.account(who), { name: 'GatewayError', status: 429, retryAfter: 7, message: 'busy' });
    assert.equal(keys.length, 2);
    const never = answering([busy(429, '0')], 0);
    await assert.rejects(never.client.account(who), { status: 429, retryAfter: 0 });
  });

  test('is an error at once if the wait is long or unknown', async () => {
    for (const response of [busy(429, '31'), busy(503), busy(500, '0')]) {
      const { client, keys } = answering([response]);
      await assert.rejects(client.account(who), GatewayError);
      assert.equal(keys.length, 1);
    }
  });

  test('is not waited for any longer once the caller has left', async () => {
    const { client } = answering([busy(429, '20')]);
    const waiting = client.account(who, { signal: AbortSignal.timeout(50) });
    await assert.rejects(waiting, { name: 'TimeoutError' });
  });

  test('is an error with a message if something else than the gateway refuses', async () => {
    const html = new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' });
    const { client } = answering([html]);
    await assert.rejects(client.account(who), { status: 502, message: 'Bad Gateway', body: '<h1>Bad gateway</h1>' });
  });
});

describe('A walk', () => {
  test('ends with an error if more is promised after the same bookmark', async () => {
    const views = { transferActivity: { pagination: { bookmark: 'b-1', hasMore: true } } };
    const page = () => Response.json({ accounts: [{ views, activity: [{ id: 't-1' }] }] });
    const { client, keys } = answering([page(), page()]);
    const walk = async () => {
      for await (const _ of client.activity(who));
    };
    await assert.rejects(walk(), /same bookmark/);
    assert.equal(keys.length, 2);
  });

  test('ends once it has seen as many as there are, whatever page it is sent', async () => {
    let requests = 0;
    const fetch = async () => {
      assert.ok((requests += 1) <= 2, 'one request too many');
      return Response.json({ data: [{}, {}], metadata: { pageIndex: 1, pageSize: 0, totalCount: 3 } });
    };
    const of = { baseUrl: 'http://gateway.invalid', customerId: 'c', tenantId: 't', token: 'token', fetch };
    let users = 0;
    for await (const _ of createAvePoint(of).users()) users += 1;
    assert.deepEqual([users, requests], [4, 2]);
  });
});

describe('A call', () => {
  test('ends when it is aborted, also while it waits for a token that never comes', async () => {
    const token = () => new Promise<never>(() => {});
    const fetch = async () => assert.fail('there is no token');
    const of = { baseUrl: 'http://gateway.invalid', customerId: 'c', tenantId: 't', token, fetch };
    const users = createAvePoint(of).users({ signal: AbortSignal.timeout(50) });
    // Node ends a process in which nothing but a promise is waited for.
    const alive = setTimeout(() => {}, 10_000);
    await assert.rejects(users.next(), { name: 'TimeoutError' }).finally(() => clearTimeout(alive));
  });
});

describe('Tokens', () => {
  /** Tokens that are numbered, and a clock in seconds. */
  function numbered(expiresIn: number) {
    const state = { fetched: 0, seconds: 0 };
    const tokens = new Tokens(
      async () => ({ value: `token-${(state.fetched += 1)}`, expiresIn }),
      () => state.seconds * 1_000,
    );
    return { tokens, state };
  }

  test('are fetched once for all who wait', async () => {
    const { tokens } = numbered(3_600);
    assert.deepEqual(await Promise.all([tokens.get(), tokens.get()]), ['token-1', 'token-1']);
  });

  test('are renewed a minute before they expire, or halfway through a short life', async () => {
    for (const [expiresIn, renewed] of [[3_600, 3_540], [60, 30]] as const) {
      const { tokens, state } = numbered(expiresIn);
      await tokens.get();
      state.seconds = renewed - 1;
      assert.equal(await tokens.get(), 'token-1');
      state.seconds = renewed;
      assert.equal(await tokens.get(), 'token-2');
    }
  });

  test('are fetched again after a failure', async () => {
    let attempts = 0;
    const tokens = new Tokens(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('unreachable');
      return { value: 'token', expiresIn: 60 };
    });
    await assert.rejects(tokens.get(), /unreachable/);
    assert.equal(await tokens.get(), 'token');
  });

  test('are replaced once if the gateway no longer accepts them', async () => {
    const refuse = () => Promise.reject(new GatewayError('expired', 401, undefined, undefined, undefined, undefined));
    const { tokens, state } = numbered(3_600);
    await tokens.get();
    assert.equal(await tokens.accepted(async () => ((await tokens.get()) === 'token-1' ? refuse() : 'done')), 'done');
    await assert.rejects(tokens.accepted(async () => (await tokens.get(), refuse())), /expired/);
    assert.equal(state.fetched, 3);
    await assert.rejects(numbered(Infinity).tokens.accepted(refuse), /expired/);
  });
});

describe('A batch', () => {
  test('is split by number and by weight, in order', () => {
    assert.deepEqual(split([1, 2, 3, 4, 5], { items: 2 }), [[1, 2], [3, 4], [5]]);
    assert.deepEqual(split([], { items: 2 }), []);
    const weight = { of: (item: number) => item, max: 5 };
    assert.deepEqual(split([1, 4, 1, 9, 2, 3], { items: 9, weight }), [[1, 4], [1], [9], [2, 3]]);
  });
});

describe('A signature', () => {
  test('is over the same text as that of @genauth/nodejs 1.0.0, as recorded', () => {
    const query =
      'userIds%5B%5D=6229ffa0000000000000e3d9&userIds%5B%5D=6229ffa0000000000000e3d0&userIdType=user_id' +
      '&withCustomData=false&flatCustomData=false&withIdentities=false';
    const request = new Request(`http://gateway.invalid/api/v3/get-user-batch?${query}`, {
      headers: {
        accept: 'application/json',
        'x-genauth-signature-nonce': '6e7bfe948f2acd18bf583a492c158fe4',
        'x-genauth-signature-method': 'HMAC-SHA1',
        'x-genauth-signature-version': '1.0',
        'x-genauth-sdk-version': 'gen-auth-node-sdk:1.0.0',
        'x-genauth-app-id': 'ten1',
        'x-genauth-lang': 'zh-CN',
        date: 'Sat, 21 Nov 2026 02:01:34 GMT',
      },
    });
    const signature = createHmac('sha1', '0123456789abcdef0123456789abcdef').update(stringToSign(request));
    assert.equal(signature.digest('base64'), '52KWdV/8wYXBTTTcezFEkSOet3o=');
  });
});
