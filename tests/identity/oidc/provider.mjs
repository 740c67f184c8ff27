// A real OpenID provider on loopback, for tests/identity/test_oidc.py. Settings come as one JSON line on standard input:
// {"port", "key", "cert" (PEM files), "client_id", "client_secret", "redirect_uri", "people": {login: claims}}.
// Says "ready" when it listens. POST /test/rotate gives it new signing keys; POST /test/people new people.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import readline from 'node:readline';
import Provider from 'oidc-provider';

const lines = readline.createInterface({ input: process.stdin });
const settings = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
const issuer = `https://127.0.0.1:${settings.port}`;
let people = settings.people;
let round = 0;

function keys() {
  round += 1;
  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  return { keys: [{ ...rsa, use: 'sig', alg: 'RS256', kid: `round-${round}` }] };
}

function make() {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: settings.client_id, client_secret: settings.client_secret, redirect_uris: [settings.redirect_uri],
      response_types: ['code'], grant_types: ['authorization_code'],
    }],
    claims: { email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    cookies: { keys: ['a test needs no better'] },
    jwks: keys(),
    pkce: { required: () => true, methods: ['S256'] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  return provider.callback();
}

let answer = make();
const server = https.createServer({ key: fs.readFileSync(settings.key), cert: fs.readFileSync(settings.cert) }, (request, response) => {
  if (request.method === 'POST' && request.url === '/test/rotate') {
    answer = make();
    response.end();
  } else if (request.method === 'POST' && request.url === '/test/people') {
    let text = '';
    request.on('data', (chunk) => { text += chunk; });
    request.on('end', () => { people = JSON.parse(text); response.end(); });
  } else {
    answer(request, response);
  }
});
server.listen(settings.port, '127.0.0.1', () => console.log('ready'));
lines.on('close', () => process.exit(0));
