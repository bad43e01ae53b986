import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COLLECTOR } from '../demo.mjs';
import { CLIENTS, PAGE_SIZE, connect, pagesAreWhole } from './clients.mjs';

/** How many entries the demo promises at least; a view not named here may be empty. */
const AT_LEAST = { transferActivity: 120, badgesCollected: 30, tokensCollected: 30, reviews: 1 };
/** Views whose ids name collections: the account holds no documents for them. */
const WITHOUT_DOCUMENTS = new Set(['createdBadges', 'managingBadges', 'createdTokens', 'managingTokens']);
const MOST_PAGES = 200;
const MAX_BADGE_ID = 18446744073709551615n;

/** Pages a view by the SDK alone and returns the account and every page as it came over the wire. */
async function pageToTheEnd(client, viewType, { specificCollections, oldestFirst } = {}) {
  const { sdk } = client;
  const { api, exchanges } = connect(client);
  const account = await sdk.BitBadgesUserInfo.FetchAndInitialize(api, { username: COLLECTOR.username });
  const viewId = `the demo's ${viewType}`;
  exchanges.length = 0;
  while (account.viewHasMore(viewId)) {
    assert.ok(exchanges.length < MOST_PAGES, `${viewType} does not end`);
    await client.fetchNext(account, api, viewType, viewId, specificCollections, oldestFirst);
  }
  const pages = exchanges.map(({ body }) => body.accounts[0].views[viewId]);
  return { account, pages, ids: account.views[viewId].ids, documents: account.getView(viewType, viewId) };
}

const EVERY_BADGE = [{ start: 1n, end: MAX_BADGE_ID }];

/** A filter of any badge in a collection, under the name that this SDK asks for. */
const anyOf = (client) => (collectionId) => ({ collectionId, [client.idsOfBadges]: EVERY_BADGE });

function isSorted(values, descending) {
  return values.every((value, at) => at === 0 || (descending ? values[at - 1] >= value : values[at - 1] <= value));
}

for (const client of CLIENTS) {
  describe(`bitbadgesjs-sdk ${client.version}`, () => {
    for (const viewType of client.viewTypes) {
      test(`fetchNextForView pages ${viewType} to its end: each id once, hasMore false at last`, async () => {
        const { pages, ids, documents } = await pageToTheEnd(client, viewType);
        assert.deepEqual(pagesAreWhole(assert, pages), ids);
        assert.ok(ids.length >= (AT_LEAST[viewType] ?? 0), `${viewType} has only ${ids.length} entries`);
        if (!WITHOUT_DOCUMENTS.has(viewType)) assert.ok(documents.every(Boolean), 'an id has no document');
      });
    }

    test('activity comes newest first, and oldest first when asked, with the same entries', async () => {
      const newest = await pageToTheEnd(client, 'transferActivity');
      const oldest = await pageToTheEnd(client, 'transferActivity', { oldestFirst: true });
      assert.ok(isSorted(newest.documents.map(({ timestamp }) => timestamp), true));
      assert.ok(isSorted(oldest.documents.map(({ timestamp }) => timestamp), false));
      assert.deepEqual([...oldest.ids].sort(), [...newest.ids].sort());
    });

    for (const viewType of ['transferActivity', client.collectedView]) {
      test(`specificCollections keeps of ${viewType} just that collection`, async () => {
        const all = await pageToTheEnd(client, viewType);
        const { collectionId } = all.documents[0];
        const some = await pageToTheEnd(client, viewType, { specificCollections: [anyOf(client)(collectionId)] });
        pagesAreWhole(assert, some.pages);
        const expected = all.documents.filter((document) => document.collectionId === collectionId);
        assert.ok(expected.length < all.documents.length, 'the demo has one collection only: nothing is tested');
        assert.deepEqual(some.ids, expected.map(({ _docId }) => _docId));
      });
    }

    test('a page that is exactly full and the last says hasMore false', async () => {
      const { documents } = await pageToTheEnd(client, client.collectedView);
      const specificCollections = [...new Set(documents.map(({ collectionId }) => collectionId))]
        .slice(0, PAGE_SIZE)
        .map(anyOf(client));
      assert.equal(specificCollections.length, PAGE_SIZE, 'the demo has too few collections: nothing is tested');
      const { pages, ids } = await pageToTheEnd(client, client.collectedView, { specificCollections });
      assert.equal(ids.length, PAGE_SIZE);
      assert.equal(pages.length, 1);
    });

    test('a holding and a transfer have every member that the SDK declares, amounts and ids as numbers', async () => {
      const [held] = (await pageToTheEnd(client, client.collectedView)).documents;
      const [moved] = (await pageToTheEnd(client, 'transferActivity')).documents;
      for (const { balances } of [held, moved]) {
        assert.ok(balances.length > 0);
        for (const { amount, [client.idsOfBadges]: ids, ownershipTimes } of balances) {
          const ends = [...ids, ...ownershipTimes].flatMap(({ start, end }) => [start, end]);
          assert.ok([amount, ...ends].every((number) => typeof number === 'bigint'));
          assert.ok(ids.length > 0 && ownershipTimes.length > 0);
        }
      }
      if (client.version === '0.3.75') return;
      assert.equal(held.bitbadgesAddress, client.toNative(held.bitbadgesAddress));
      assert.equal(typeof moved.initiatedBy, 'string');
      assert.equal(typeof held.autoApproveSelfInitiatedOutgoingTransfers, 'boolean');
      assert.equal(typeof held.autoApproveSelfInitiatedIncomingTransfers, 'boolean');
      if (client.version !== '0.27.2') return;
      assert.equal(held.autoApproveAllIncomingTransfers, false);
      assert.deepEqual(held.userPermissions.canUpdateAutoApproveAllIncomingTransfers, []);
    });

    test('one call fetches several views, each under the name the caller chose', async () => {
      const { api } = connect(client);
      const view = (viewId, viewType, oldestFirst) => ({ viewId, viewType, oldestFirst, bookmark: '' });
      const viewsToFetch = [
        view('badges', client.collectedView),
        view('latest', 'transferActivity', false),
        view('first', 'transferActivity', true),
      ];
      const { accounts } = await api.getAccounts({ accountsToFetch: [{ username: COLLECTOR.username, viewsToFetch }] });
      const { views } = accounts[0];
      assert.deepEqual(Object.keys(views).sort(), ['badges', 'first', 'latest']);
      assert.notDeepEqual(views.first.ids, views.latest.ids);
      assert.deepEqual([views.badges.type, views.first.type], ['Balances', 'Activity']);
      const held = new Set(accounts[0].activity.map(({ _docId }) => _docId));
      assert.ok([...views.first.ids, ...views.latest.ids].every((id) => held.has(id)), 'an id has no document');
    });
  });
}
