// What @hubspot/api-client does in its world, unmodified; one line of JSON an operation, on what the client reports.
// Takes the folder with node_modules as its argument and the credentials on standard input.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(`${process.argv[2]}/`);
const { Client } = require('@hubspot/api-client');
const { credentials: who, org_id: portal } = JSON.parse(readFileSync(0, 'utf8'));

async function act(operation, call) {
  let reported;
  try {
    reported = await call();
  } catch (error) {
    if (error.code === undefined) throw error;
    reported = { status: error.code, category: error.body?.category ?? null, message: error.body?.message ?? null };
  }
  console.log(JSON.stringify({ operation, reported: reported ?? null }));
  return reported;
}

const summed = (reply) => ({
  status: reply.status,
  results: reply.results.length,
  errors: (reply.errors ?? []).map((each) => [each.category, each.context]),
});
const hub = new Client({ accessToken: who.access_token });
const contacts = hub.crm.contacts;

// --- Signing in

const back = 'https://app.example.jp/callback';
const tokens = new Client().oauth.tokensApi;
const refreshed = (secret) =>
  tokens.create('refresh_token', undefined, undefined, who.client_id, secret, who.refresh_token);
const issued = await act('connect by the page', async () => {
  const url = new Client().oauth.getAuthorizationUrl(who.client_id, back, 'oauth crm.objects.contacts.read', undefined, 's');
  const page = new URL(url);
  const text = await (await fetch(page)).text();
  if (!text.includes('アプリを連携')) throw new Error(text);
  // The person at the browser presses the button.
  const form = new URLSearchParams([...page.searchParams, ['answer', 'yes']]);
  const sent = await fetch(`${page.origin}${page.pathname}`, { method: 'POST', body: form, redirect: 'manual' });
  const code = new URL(sent.headers.get('location')).searchParams.get('code');
  return tokens.create('authorization_code', code, back, who.client_id, who.client_secret);
});
await act('refresh a token', async () => (await refreshed(who.client_secret)).tokenType);
await act('refresh with a wrong secret', () => refreshed('wrong'));
const oauth = new Client({ accessToken: issued.accessToken });
await act('ask about an access token', async () => (await hub.oauth.accessTokensApi.get(issued.accessToken)).hubId);
await act('call with an OAuth token', async () => (await oauth.crm.contacts.basicApi.getPage()).results.length);
await act('call without the right', () => oauth.crm.companies.basicApi.getPage());
await act('call with a strange token', () => new Client({ accessToken: 'x' }).crm.contacts.basicApi.getPage());

// --- One record at a time

const created = async (properties) => (await contacts.basicApi.create({ properties, associations: [] })).id;
const one = await act('create', () => created({ email: 'node@example.jp', lastname: '鈴木' }));
await act('create again', () => created({ email: 'NODE@example.jp' }));
await act('create with a wrong value', () => created({ lastname: 'x', industry: '漁業' }));
await act('read by id', async () => (await contacts.basicApi.getById(one, ['lastname'])).properties.lastname);
await act('read by address', async () =>
  (await contacts.basicApi.getById('node@example.jp', undefined, undefined, undefined, false, 'email')).id === one);
await act('update', async () =>
  (await contacts.basicApi.update(one, { properties: { jobtitle: '部長' } })).properties.jobtitle);
await act('read what never was', () => contacts.basicApi.getById('1'));
const gone = await created({ email: 'nodegone@example.jp' });
await act('archive', () => contacts.basicApi.archive(gone));
await act('read what is archived', () => contacts.basicApi.getById(gone));
const loser = await created({ email: 'nodeloser@example.jp' });
await act('merge', async () =>
  (await contacts.basicApi.merge({ primaryObjectId: one, objectIdToMerge: loser })).id === one);
await act('erase a person', async () => contacts.basicApi.purge({ objectId: await created({ lastname: '消' }) }));

// --- Batches, pages, searches

const inputs = (count, traced) => Array.from({ length: count }, (_, n) => ({
  associations: [],
  properties: { email: `n${n}@example.jp`, lastname: `節${String(n).padStart(3, '0')}` },
  ...(traced ? { objectWriteTraceId: String(n) } : {}),
}));
await act('create a batch', async () => summed(await contacts.batchApi.create({ inputs: inputs(100, false) })));
await act('create a batch again, none traced', () => contacts.batchApi.create({ inputs: inputs(2, false) }));
await act('create a batch again, all traced', async () =>
  summed(await contacts.batchApi.create({ inputs: inputs(2, true) })));
await act('read a batch', async () =>
  summed(await contacts.batchApi.read({ inputs: [{ id: one }, { id: '1' }], properties: ['lastname'], propertiesWithHistory: [] })));
await act('update a batch', async () =>
  summed(await contacts.batchApi.update({ inputs: [{ id: one, properties: { city: '東京' } }] })));
const keyed = { inputs: [{ idProperty: 'employee_code', id: 'N-1', properties: { lastname: '更' } }] };
await act('upsert a new batch', async () => (await contacts.batchApi.upsert(keyed)).results.map((each) => each._new ?? each.new));
await act('upsert an old batch', async () => (await contacts.batchApi.upsert(keyed)).results.map((each) => each._new ?? each.new));
await act('read every page', async () => (await contacts.getAll()).length);
const named = { filters: [{ propertyName: 'lastname', operator: 'CONTAINS_TOKEN', value: '節*' }] };
const searched = (more) => contacts.searchApi.doSearch({ filterGroups: [named], properties: ['lastname'], limit: 2, ...more });
await act('search', async () => (await searched({})).total);
await act('search a page', async () =>
  (await searched({ after: '2', sorts: ['lastname'] })).results.map((each) => each.properties.lastname));
await act('search past ten thousand', () => searched({ after: '10000' }));
const hurried = async (client) => {
  const search = () => client.crm.contacts.searchApi.doSearch({ filterGroups: [named], limit: 1 });
  return (await Promise.all(Array.from({ length: 8 }, search))).length;
};
await act('search too often', () => hurried(new Client({ accessToken: who.access_token })));
await act('search too often and be patient', () =>
  hurried(new Client({ accessToken: who.access_token, numberOfApiCallRetries: 6 })));

// --- Definitions, owners, pipelines

const core = hub.crm.properties.coreApi;
const rank = {
  name: 'node_rank', label: '格', type: 'enumeration', fieldType: 'select', groupName: 'contactinformation',
  options: [{ label: '甲', value: 'a', displayOrder: 1, hidden: false }],
};
await act('define a property', async () => (await core.create('contacts', rank)).name);
await act('define it again', () => core.create('contacts', rank));
await act('read every definition', async () =>
  (await core.getAll('contacts')).results.some((each) => each.name === 'node_rank'));
await act('change a definition', async () => (await core.update('contacts', 'node_rank', { label: '等級' })).label);
await act('archive a definition', () => core.archive('contacts', 'node_rank'));
await act('read groups', async () => (await hub.crm.properties.groupsApi.getAll('contacts')).results.length);
await act('read schemas', async () => (await hub.crm.schemas.coreApi.getAll()).results.length);
await act('read owners', async () => (await hub.crm.owners.ownersApi.getPage()).results[0].email);
const pipelines = hub.crm.pipelines.pipelinesApi;
const stage = { label: '打診', displayOrder: 0, metadata: { probability: '0.1' } };
const way = await act('make a pipeline', async () =>
  (await pipelines.create('deals', { label: '節', displayOrder: 1, stages: [stage] })).id);
await act('read pipelines', async () => (await pipelines.getAll('deals')).results.length);
await act('make a stage', async () =>
  (await hub.crm.pipelines.pipelineStagesApi.create('deals', way, { ...stage, label: '提案', displayOrder: 1 })).label);
await act('archive a pipeline', () => pipelines.archive('deals', way));
await act('create a ticket', async () =>
  (await hub.crm.tickets.basicApi.create({ properties: { subject: '故障', hs_pipeline_stage: '1' }, associations: [] })).properties.subject);
const noted = [{ to: { id: one }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] }];
await act('create a note with a person', async () =>
  (await hub.crm.objects.notes.basicApi.create({ properties: { hs_timestamp: '2026-11-25T00:00:00Z', hs_note_body: '電話' }, associations: noted })).properties.hs_note_body);

// --- Associations

const { v4 } = hub.crm.associations;
const company = (await hub.crm.companies.basicApi.create({ properties: { name: '乙社' }, associations: [] })).id;
const spec = (...ids) => ids.map((id) => ({ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: id }));
await act('make a label', async () =>
  (await v4.schema.definitionsApi.create('contacts', 'companies', { name: 'node', label: '担当' })).results.length);
await act('associate', async () => (await v4.basicApi.create('contacts', one, 'companies', company, spec(1))).labels);
await act('read associations', async () =>
  (await v4.basicApi.getPage('contacts', one, 'companies')).results.map((each) => each.associationTypes.map((kind) => kind.typeId)));
await act('read associations by the batch', async () =>
  summed(await v4.batchApi.getPage('contacts', 'companies', { inputs: [{ id: one }, { id: '1' }] })));
await act('associate by the batch', async () =>
  summed(await v4.batchApi.create('contacts', 'companies', { inputs: [{ _from: { id: one }, to: { id: company }, types: spec(279) }] })));
await act('part', () => v4.basicApi.archive('contacts', one, 'companies', company));
await act('read associations after', async () => (await v4.basicApi.getPage('contacts', one, 'companies')).results.length);

// --- Lists, forms, subscriptions, the account

const { listsApi, membershipsApi } = hub.crm.lists;
const list = await act('make a list', async () =>
  (await listsApi.create({ name: '節の客', objectTypeId: '0-1', processingType: 'MANUAL' })).list.listId);
await act('put on a list', async () => (await membershipsApi.add(list, [one])).recordsIdsAdded ?? 'added');
await act("read a list's members", async () => (await membershipsApi.getPage(list)).results.length);
await act('archive a list', () => listsApi.remove(list));
const forms = hub.marketing.forms.formsApi;
const form = await act('make a form', async () => (await forms.create({
  formType: 'hubspot', name: '節の窓口', archived: false, createdAt: new Date(), updatedAt: new Date(),
  fieldGroups: [{ groupType: 'default_group', richTextType: 'text', fields: [] }],
  configuration: { language: 'ja', postSubmitAction: { type: 'thank_you', value: '感謝' } },
  displayOptions: { theme: 'default_style' }, legalConsentOptions: { type: 'none' },
})).id);
await act('read forms', async () => (await forms.getPage()).results.length);
await act('send a form', async () => {
  const url = `https://api.hsforms.com/submissions/v3/integration/submit/${portal}/${form}`;
  const body = JSON.stringify({ fields: [{ name: 'email', value: 'nodeform@example.jp' }] });
  return (await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })).json();
});
const { statusApi } = hub.communicationPreferences;
const wish = { emailAddress: 'node@example.jp', subscriptionId: '410011' };
await act('unsubscribe', async () => (await statusApi.unsubscribe(wish)).status);
await act('subscribe again', () => statusApi.subscribe(wish));
await act('ask for the account', async () => (await (await hub.apiRequest({ path: '/account-info/v3/details' })).json()).portalId);
await act('ask for what is not there', async () => (await (await hub.apiRequest({ path: '/crm/v3/nowhere' })).json()).category);
