import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { TREVORMIL } from '../demo.mjs';
import { CLIENTS, connect, fetchUsers, post, unusedAddress } from './clients.mjs';

/** Calls getAccounts, expects the SDK to reject, and returns the HTTP status and the rejection. */
async function refusal(client, accountsToFetch, apiKey) {
  const { api, exchanges } = connect(client, apiKey);
  let rejection;
  await assert.rejects(api.getAccounts({ accountsToFetch }), (error) => ((rejection = error), true));
  assert.equal(exchanges.length, 1, `not an answer of the gateway: ${rejection}`);
  return { status: exchanges[0].status, rejection };
}

function readsAsAnError({ rejection }) {
  assert.ok(rejection.errorMessage, 'no errorMessage for the SDK to show');
  assert.equal(rejection.message, rejection.errorMessage, 'both eras must read the same text');
}

const view = (viewType, bookmark, oldestFirst) => [{ viewId: 'v', viewType, bookmark, oldestFirst }];

const entries = (length, noExternalCalls) =>
  Array.from({ length }, (_, n) => ({ address: unusedAddress(n + 1), noExternalCalls: noExternalCalls(n) }));

const MALFORMED_ADDRESSES = {
  'free text': 'not an address',
  'Ethereum with a wrong checksum': TREVORMIL.address.replace('2BABbd', '2bABbd'),
  'Ethereum cut short': TREVORMIL.address.slice(0, -1),
  'Ethereum after 0X': `0X${TREVORMIL.address.slice(2).toLowerCase()}`,
  'Cosmos with a wrong check character': `${TREVORMIL.cosmosAddress.slice(0, -1)}q`,
  'Bitcoin with a wrong check character': `${TREVORMIL.btcAddress.slice(0, -1)}q`,
};

for (const client of CLIENTS) {
  describe(`bitbadgesjs-sdk ${client.version}`, () => {
    test('a wrong API key is refused with 401', async () => {
      const refused = await refusal(client, [{ username: TREVORMIL.username }], 'wrong-key');
      assert.equal(refused.status, 401);
      readsAsAnError(refused);
    });

    for (const [what, address] of Object.entries(MALFORMED_ADDRESSES)) {
      test(`a malformed address (${what}) is refused with 400 that names its place`, async () => {
        const refused = await refusal(client, [{ username: TREVORMIL.username }, { address }]);
        assert.equal(refused.status, 400);
        readsAsAnError(refused);
        assert.match(refused.rejection.errorMessage, /accountsToFetch\W{1,2}1\b/);
      });
    }

    test('a made-up bookmark is refused with 400', async () => {
      const viewsToFetch = view('transferActivity', 'made-up');
      const refused = await refusal(client, [{ address: TREVORMIL.address, viewsToFetch }]);
      assert.equal(refused.status, 400);
      readsAsAnError(refused);
    });

    describe('a bookmark counts only where it was given', () => {
      let bookmark;
      before(async () => {
        const { api } = connect(client);
        const viewsToFetch = view('transferActivity', '');
        const answer = await api.getAccounts({ accountsToFetch: [{ address: TREVORMIL.address, viewsToFetch }] });
        ({ bookmark } = answer.accounts[0].views.v.pagination);
      });
      const elsewhere = {
        'in another view': () => ({
          address: TREVORMIL.address,
          viewsToFetch: view(client.collectedView, bookmark),
        }),
        'in the other direction': () => ({
          address: TREVORMIL.address,
          viewsToFetch: view('transferActivity', bookmark, true),
        }),
        'for another account': () => ({ address: unusedAddress(9), viewsToFetch: view('transferActivity', bookmark) }),
        'with one character changed': () => ({
          address: TREVORMIL.address,
          viewsToFetch: view('transferActivity', (bookmark.startsWith('A') ? 'B' : 'A') + bookmark.slice(1)),
        }),
      };
      for (const [where, entry] of Object.entries(elsewhere)) {
        test(`${where} it is refused with 400`, async () => {
          assert.ok(bookmark, 'the first page gave no bookmark');
          assert.equal((await refusal(client, [entry()])).status, 400);
        });
      }
    });

    test('251 accounts with external calls are refused with 400', async () => {
      const refused = await refusal(client, entries(251, (n) => n > 0));
      assert.equal(refused.status, 400);
      assert.match(refused.rejection.errorMessage, /250/);
    });

    test('10,001 accounts are refused with 400 even without external calls', async () => {
      assert.equal((await refusal(client, entries(10_001, () => true))).status, 400);
    });
  });
}

describe('the documented form', () => {
  const both = ['/api/v0/user/batch', '/api/v0/users'];
  const accountsToFetch = [{ username: TREVORMIL.username }];

  for (const path of both) {
    test(`${path} without an API key is refused with 401`, async () => {
      const { status, body } = await post(path, { accountsToFetch }, {});
      assert.equal(status, 401);
      assert.equal(typeof body.message, 'string');
      assert.equal(body.errorMessage, body.message);
    });

    test(`${path} refuses broken JSON with 400 in JSON`, async () => {
      const { status, body } = await post(path, '{"accountsToFetch": [');
      assert.equal(status, 400);
      assert.equal(typeof body.message, 'string');
    });

    test(`${path} refuses a body without accountsToFetch with 400`, async () => {
      assert.equal((await post(path, {})).status, 400);
    });
  }

  test('an unheard-of view name is refused with 400', async () => {
    const viewsToFetch = [{ viewKey: 'latestGossip', bookmark: '' }];
    assert.equal((await fetchUsers([{ username: TREVORMIL.username, viewsToFetch }])).status, 400);
  });

  test('a made-up bookmark is refused with 400', async () => {
    const viewsToFetch = [{ viewKey: 'latestActivity', bookmark: 'made-up' }];
    assert.equal((await fetchUsers([{ username: TREVORMIL.username, viewsToFetch }])).status, 400);
  });
});
