// Makes docs/pictures: runs a stack of its own with half an hour of life in it under a Prometheus, and has the dashboards drawn.
import {execFile, execFileSync, spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {ALL, draw} from './draw.mjs';

const MINUTE = 60_000;
const LENGTH = 30;
const MONITORING = fileURLToPath(new URL('..', import.meta.url));
const LANYARD = join(MONITORING, '../../lanyard');
/** How many clusters live at a time, how often one comes, and how often each logs in. */
const FLEET = 12, COMING = 20_000, LOGGING_IN = 2_500;

const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), 'lanyard-pictures-'));
const say = error => console.log(`  ${(error.stderr || error.message).trim().split('\n').at(-1)}`);
const lanyard = async (...command) => (await run(LANYARD, [...command, '--home', home])).stdout.trim();

/** @returns the stack's `env`, as an object */
function environment() {
    return Object.fromEntries([...readFileSync(join(home, 'env'), 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)]
        .map(([, name, value]) => [name, value]));
}

async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise(listening => server.on('listening', listening));
    const {port} = server.address();
    await new Promise(closed => server.close(closed));
    return port;
}

/** Debian's package is unpacked, not installed: that would have a server of its own run on the machine. */
async function startPrometheus(env) {
    const directory = join(home, 'prometheus');
    mkdirSync(directory);
    execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', 'prometheus'], {cwd: directory});
    execFileSync('sh', ['-c', 'dpkg -x prometheus_*.deb package'], {cwd: directory});
    const host = url => new URL(url).host;
    writeFileSync(join(directory, 'prometheus.yaml'), readFileSync(join(MONITORING, 'prometheus.yaml'), 'utf8')
        .replaceAll('interval: 15s', 'interval: 5s')
        .replace('alerts.yaml', join(MONITORING, 'alerts.yaml'))
        .replace('"provisioner:8080"', `"${host(env.LANYARD_PROVISIONER_HEALTH_URL)}"`)
        .replace('"token-issuer:9000"', `"${host(env.LANYARD_TOKEN_ISSUER_HEALTH_URL)}"`)
        .replace('"revoker:8080"', `"${host(env.LANYARD_REVOKER_HEALTH_URL)}"`));
    const address = `127.0.0.1:${await freePort()}`;
    const server = spawn(join(directory, 'package/usr/bin/prometheus'), [
        `--config.file=${directory}/prometheus.yaml`, `--storage.tsdb.path=${directory}/data`, `--web.listen-address=${address}`,
        '--log.level=error',
    ], {stdio: 'inherit'});
    return {url: `http://${address}`, stop: () => server.kill()};
}

/** What the story needs of Keystone: its administrator makes it. */
class Keystone {
    constructor(env) {
        this.env = env;
    }

    async call(method, path, body) {
        const answer = await fetch(this.env.OS_AUTH_URL + path, {
            method,
            headers: {'content-type': 'application/json', 'x-auth-token': this.token ?? ''},
            body: body && JSON.stringify(body),
        });
        if (!answer.ok) {
            throw new Error(`Keystone: ${method} ${path}: ${answer.status}`);
        }
        this.token ??= answer.headers.get('x-subject-token');
        return answer.status === 204 ? undefined : answer.json();
    }

    async login() {
        const domain = {name: this.env.OS_USER_DOMAIN_NAME};
        await this.call('POST', '/auth/tokens', {auth: {
            identity: {methods: ['password'], password: {user: {name: this.env.OS_USERNAME, domain, password: this.env.OS_PASSWORD}}},
            scope: {project: {name: this.env.OS_PROJECT_NAME, domain}},
        }});
    }

    async make(kind, fields) {
        return (await this.call('POST', `/${kind}s`, {[kind]: fields}))[kind].id;
    }

    async find(kind, name) {
        return (await this.call('GET', `/${kind}s?name=${name}`))[`${kind}s`][0].id;
    }
}

class Story {
    living = [];
    gone = [];
    ended = false;

    constructor(env, keystone) {
        this.door = env.LANYARD_DOOR_URL;
        this.keystone = keystone;
        this.processes = JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')).processes;
    }

    async begin() {
        this.project = await this.keystone.make('project', {name: 'pictures'});
        this.owner = await this.keystone.make('user', {name: 'pictures-owner'});
        this.powerless = await this.keystone.make('user', {name: 'pictures-powerless'});
        for (const role of ['member', 'load-balancer_member']) {
            await this.keystone.call('PUT',
                `/projects/${this.project}/users/${this.owner}/roles/${await this.keystone.find('role', role)}`);
        }
    }

    /** An outage is no end of the story: what fails is said, and tried again with the next. */
    async repeatedly(every, what) {
        while (!this.ended) {
            const began = Date.now();
            await what().catch(say);
            await pause(Math.max(0, began + every - Date.now()));
        }
    }

    emit(what, cluster, owner = this.owner) {
        return lanyard('emit', what, '--project', this.project, '--owner', owner, '--cluster', cluster, '--noise', '20');
    }

    comeAndGo = async () => {
        const cluster = randomUUID();
        await this.emit('create', cluster);
        const credential = JSON.parse(await lanyard('credential', cluster, '--format', 'json', '--timeout', '3m'));
        this.living.push({cluster, credential});
        if (this.living.length > FLEET) {
            const oldest = this.living.shift();
            await this.emit('delete', oldest.cluster);
            this.gone.push(oldest);
        }
    };

    /** @param secret another one than the credential's own */
    async login({credential}, secret = credential.application_credential_secret) {
        await this.ask(JSON.stringify({auth: {identity: {
            methods: ['application_credential'],
            application_credential: {id: credential.application_credential_id, secret},
        }}}));
    }

    async ask(body) {
        const answer = await fetch(`${this.door}/auth/tokens`, {
            method: 'POST', headers: {'content-type': 'application/json'}, body, signal: AbortSignal.timeout(10_000),
        });
        await answer.arrayBuffer();
    }

    logIn = () => Promise.all(this.living.map(it => this.login(it)));

    /** A node that was forgotten: its cluster is gone, and it goes on. */
    logInThoughGone = () => Promise.all(this.gone.slice(0, 2).map(it => this.login(it)));

    async fail() {
        await this.emit('create', randomUUID(), this.powerless);
    }

    async leaveAnOrphan() {
        const {domains} = await this.keystone.call('GET', '/domains?name=lanyard');
        await this.keystone.make('user', {name: randomUUID(), domain_id: domains[0].id});
        await this.keystone.make('user', {name: 'somebody-else', domain_id: domains[0].id});
    }

    async guess() {
        for (let i = 0; i < 40; i++) {
            await this.login(this.living[i % this.living.length], 'guessed');
            await pause(1_000);
        }
        await this.ask('no JSON');
    }

    /** As it is for its clients when a part hangs: connections stay, and nothing is answered. */
    async hang(part, time) {
        const group = -this.processes[part].pid;
        process.kill(group, 'SIGSTOP');
        await pause(time).finally(() => process.kill(group, 'SIGCONT'));
    }

    async tell() {
        const began = Date.now();
        const at = async (minute, what) => {
            await pause(Math.max(0, began + minute * MINUTE - Date.now()));
            console.log(`minute ${minute}`);
            await what().catch(say);
        };
        const always = [
            this.repeatedly(COMING, this.comeAndGo),
            this.repeatedly(LOGGING_IN, this.logIn),
            this.repeatedly(20_000, this.logInThoughGone),
        ];
        await at(2, () => this.leaveAnOrphan());
        await at(3, () => lanyard('sweep'));
        await at(5, () => this.fail());
        await at(10, () => this.hang('keystone', 90_000));
        await at(14, () => lanyard('sweep'));
        await at(17, () => this.hang('kafka', 45_000));
        await at(22, () => this.guess());
        await at(26, () => lanyard('sweep'));
        await at(LENGTH, async () => { this.ended = true; });
        await Promise.all(always);
    }
}

console.log(`The stack is in ${home} for half an hour. If this is cut short: ./lanyard down --purge --home ${home}`);
try {
    await lanyard('up');
    const env = environment();
    const prometheus = await startPrometheus(env);
    try {
        const keystone = new Keystone(env);
        await keystone.login();
        const story = new Story(env, keystone);
        await story.begin();
        await story.tell();
        // There is no bridge in the stack.
        await draw(prometheus.url, LENGTH, ALL.filter(name => name !== 'lanyard-conductor-bridge'));
    } finally {
        prometheus.stop();
    }
} finally {
    await lanyard('down', '--purge');
}
