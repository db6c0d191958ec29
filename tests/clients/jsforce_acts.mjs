// What jsforce does in its world, unmodified; one line of JSON an operation, on what the client reports.
// Takes the folder with node_modules as its argument and the credentials on standard input.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createSign } from 'node:crypto';

const require = createRequire(`${process.argv[2]}/`);
const jsforce = require('jsforce');
const { credentials: who } = JSON.parse(readFileSync(0, 'utf8'));
const HOST = 'https://tokyo.my.salesforce.com';

async function act(operation, call) {
  let reported;
  try {
    reported = await call();
  } catch (error) {
    reported = { raised: error.name, code: error.errorCode ?? null, message: String(error.message).slice(0, 400) };
  }
  console.log(JSON.stringify({ operation, reported: reported ?? null }));
  return reported;
}

const orgOf = async (conn) => (await conn.query('SELECT Id FROM Organization')).records[0].Id;

// --- Signing in

const byPassword = () => new jsforce.Connection({ version: '60.0' });
const secret = who.password + who.security_token;
await act('log in by SOAP', async () => {
  const conn = byPassword();
  const user = await conn.login(who.username, secret);
  return { organization: user.organizationId, org: await orgOf(conn), url: conn.instanceUrl };
});
await act('log in with a wrong password', () => byPassword().login(who.username, 'wrong'));
const oauth2 = { clientId: who.client_id, clientSecret: who.client_secret, loginUrl: HOST };
await act('log in by client credentials', async () => {
  const conn = new jsforce.Connection({ instanceUrl: HOST, oauth2 });
  await conn.authorize({ grant_type: 'client_credentials' });
  return orgOf(conn);
});
await act('log in by signed assertion', async () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: who.client_id, sub: who.username, aud: 'https://login.salesforce.com', exp: Math.floor(Date.now() / 1000) + 120 };
  const head = `${part({ alg: 'RS256' })}.${part(claims)}`;
  const signature = createSign('RSA-SHA256').update(head).sign(who.private_key, 'base64url');
  const conn = new jsforce.Connection({ oauth2: { loginUrl: 'https://login.salesforce.com' } });
  await conn.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: `${head}.${signature}` });
  return orgOf(conn);
});
await act('log in by the web-server flow', async () => {
  const place = 'http://localhost:1717/OauthRedirect';
  const flow = new jsforce.OAuth2({ ...oauth2, redirectUri: place, useVerifier: true });
  const page = new URL(flow.getAuthorizationUrl({ scope: 'api refresh_token', state: 's' }));
  // The person at the browser.
  const form = new URLSearchParams([...page.searchParams, ['un', who.username], ['pw', who.password], ['answer', 'allow']]);
  const back = await fetch(`${page.origin}${page.pathname}`, { method: 'POST', body: form, redirect: 'manual' });
  const code = new URL(back.headers.get('location')).searchParams.get('code');
  const conn = new jsforce.Connection({ oauth2: flow, instanceUrl: HOST });
  await conn.authorize(code);
  return { org: await orgOf(conn), refreshes: Boolean(conn.refreshToken) };
});

const conn = new jsforce.Connection({ oauth2, instanceUrl: HOST, refreshToken: who.refresh_token, accessToken: '00Dx!old', version: '60.0' });
let refreshes = 0;
conn.on('refresh', () => { refreshes += 1; });
await act('renew a session by refresh token', async () => ({ org: await orgOf(conn), refreshes }));
await act('ask who one is', async () => {
  const identity = await conn.identity();
  return { user: identity.username, organization: identity.organization_id };
});
await act('call with a strange session', () => new jsforce.Connection({ instanceUrl: HOST, accessToken: '00D!x' }).limits());

// --- Describe

await act('describe the org', async () => (await conn.describeGlobal()).sobjects.map((each) => each.name));
await act('describe an object', async () => (await conn.describe('Lead')).fields.length > 20);
await act('describe layouts', async () => (await conn.sobject('Lead').layouts()).recordTypeMappings.length);
await act('describe what is not there', () => conn.describe('Nothing'));

// --- Rows

const made = await act('create', () => conn.sobject('Account').create({ Name: '甲社', Awase_Key__c: 'js-1' }));
await act('read by id', async () => (await conn.sobject('Account').retrieve(made.id)).Name);
await act('update', () => conn.sobject('Account').update({ Id: made.id, Phone: '03' }));
await act('upsert a new one', async () => (await conn.sobject('Account').upsert({ Awase_Key__c: 'js-2', Name: '乙社' }, 'Awase_Key__c')).created ?? null);
await act('upsert an old one', async () => (await conn.sobject('Account').upsert({ Awase_Key__c: 'js-2', Name: '乙社改' }, 'Awase_Key__c')).success);
await act('delete', () => conn.sobject('Account').destroy(made.id));
await act('read what is deleted', () => conn.sobject('Account').retrieve(made.id));
await act('create without a name', () => conn.sobject('Account').create({ Phone: '1' }));
await act('write a field that is not there', () => conn.sobject('Account').create({ Name: 'x', Nope__c: 1 }));

// --- Many rows

const people = Array.from({ length: 450 }, (_, n) => ({ LastName: `多${n}`, Company: '多社' }));
const many = await act('create many', async () => (await conn.sobject('Lead').create(people, { allowRecursive: true })).filter((each) => each.success).length);
await act('create some, some bad', async () => (await conn.sobject('Account').create([{ Name: '丙社' }, { Phone: '1' }])).map((each) => each.success));
await act('create some, all or none', async () => (await conn.sobject('Account').create([{ Name: '丙社' }, { Phone: '1' }], { allOrNone: true })).map((each) => each.errors[0].statusCode));
const found = await conn.sobject('Lead').find({ Company: '多社' }, ['Id', 'LastName']).limit(3);
const ids = found.map((each) => each.Id);
await act('find', () => found.length);
await act('read several', async () => (await conn.sobject('Lead').retrieve(ids)).map((each) => each.Company));
await act('update several', async () => (await conn.sobject('Lead').update(ids.map((Id) => ({ Id, City: '東京' })))).map((each) => each.success));
await act('upsert several', async () => (await conn.sobject('Account').upsert([{ Awase_Key__c: 'js-2', Name: '二' }, { Awase_Key__c: 'js-3', Name: '三' }], 'Awase_Key__c')).map((each) => each.success));
await act('delete several', async () => (await conn.sobject('Lead').destroy(ids)).map((each) => each.success));
const window = [new Date(Date.now() - 300000).toISOString(), new Date(Date.now() + 300000).toISOString()];
await act('ask what was deleted', async () => (await conn.sobject('Lead').deleted(...window)).deletedRecords.length);
await act('ask what was updated', async () => (await conn.sobject('Lead').updated(...window)).ids.length > 400);
await act('composite', async () => {
  const compositeRequest = [{ method: 'POST', url: '/services/data/v60.0/sobjects/Account', referenceId: 'a', body: { Name: '複社' } },
    { method: 'GET', url: '/services/data/v60.0/sobjects/Account/@{a.id}', referenceId: 'b' }];
  return (await conn.requestPost('/services/data/v60.0/composite', { compositeRequest })).compositeResponse[1].body.Name;
});

// --- Queries

await conn.bulk2.loadAndWaitForResults({ object: 'Lead', operation: 'insert', input: Array.from({ length: 2500 }, (_, n) => ({ LastName: `頁${String(n).padStart(4, '0')}`, Company: '頁社' })), pollInterval: 200, pollTimeout: 60000 });
const PAGED = "SELECT LastName FROM Lead WHERE Company = '頁社' ORDER BY LastName";
await act('query a page', async () => { const page = await conn.query(PAGED); return { total: page.totalSize, done: page.done, records: page.records.length }; });
await act('query all pages', async () => (await conn.query(PAGED, { autoFetch: true, maxFetch: 10000 })).records.length);
await act('query deleted rows too', async () => (await conn.query("SELECT Id FROM Account WHERE IsDeleted = true", { scanAll: true })).totalSize > 0);
await act('query with children', async () => {
  const account = await conn.sobject('Account').create({ Name: '親社' });
  await conn.sobject('Contact').create({ LastName: '子', AccountId: account.id });
  const { records } = await conn.query(`SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '${account.id}'`);
  return records[0].Contacts.records[0].LastName;
});
await act('count in groups', async () => (await conn.query("SELECT Company, COUNT(Id) n FROM Lead WHERE Company = '頁社' GROUP BY Company")).records[0].n);
await act('query a wrong field', () => conn.query('SELECT Nope FROM Lead'));
await act('query nonsense', () => conn.query('SELECT'));
await act('search', async () => (await conn.search('FIND {複社} RETURNING Account(Name)')).searchRecords.map((each) => each.Name));
await act('query the tooling API', async () => (await conn.tooling.query('SELECT Id FROM ValidationRule')).totalSize);
await act('limits', async () => { const limits = await conn.limits(); return { max: limits.DailyApiRequests.Max, used: conn.limitInfo.apiUsage.used > 0 }; });

// --- Bulk API 2.0

const wait = { pollInterval: 200, pollTimeout: 60000 };
await act('bulk insert with bad rows', async () => {
  const input = [{ LastName: '束', Company: '束社' }, { LastName: '', Company: '悪社' }];
  const done = await conn.bulk2.loadAndWaitForResults({ object: 'Lead', operation: 'insert', input, ...wait });
  return { good: done.successfulResults.length, errors: done.failedResults.map((each) => each.sf__Error), left: done.unprocessedRecords.length };
});
await act('bulk upsert', async () => {
  const input = [{ Awase_Key__c: 'js-2', Name: 'x' }, { Awase_Key__c: 'js-9', Name: 'y' }];
  const done = await conn.bulk2.loadAndWaitForResults({ object: 'Account', operation: 'upsert', externalIdFieldName: 'Awase_Key__c', input, ...wait });
  return done.successfulResults.map((each) => each.sf__Created).sort();
});
await act('bulk query', async () => (await (await conn.bulk2.query(PAGED, wait)).toArray()).length);
await act('bulk with a wrong column', async () => conn.bulk2.loadAndWaitForResults({ object: 'Lead', operation: 'insert', input: [{ Nope__c: 'x' }], ...wait }));
await act('bulk abort', async () => {
  const job = conn.bulk2.createJob({ object: 'Lead', operation: 'insert' });
  await job.open();
  await job.abort();
  return (await job.check()).state;
});

// --- SOAP

await act('convert a lead', async () => {
  const lead = await conn.sobject('Lead').create({ LastName: '換', Company: '換社' });
  const [done] = [await conn.soap.convertLead({ leadId: lead.id, convertedStatus: '取引開始済み', doNotCreateOpportunity: true })].flat();
  return { success: done.success, contact: Boolean(done.contactId) };
});
await act('restore a row', async () => {
  const account = await conn.sobject('Account').create({ Name: '復社' });
  await conn.sobject('Account').destroy(account.id);
  const [done] = [await conn.soap.undelete([account.id])].flat();
  return done.success;
});
await act('log out', async () => { await conn.logout(); return true; });
