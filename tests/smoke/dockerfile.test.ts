import { afterAll, beforeAll, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildStage, isIgnored, parseDockerfile, type BuiltStage } from './dockerfile.ts'

const root = join(import.meta.dir, '../..')
const folder = mkdtempSync(join(tmpdir(), 'tenantry-image-'))
const stages = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'))
const buildEnv = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? folder }
/** Who the image's user is here: nobody if we are root and nobody can run Bun, else ourselves. */
const nobody = findNobody()
let image: BuiltStage

beforeAll(async () => {
  // Others must be able to pass through, as in an image.
  chmodSync(folder, 0o755)
  const contextDir = join(folder, 'context')
  copyContext(contextDir)
  const builtStages = new Map<string, BuiltStage>()
  for (const [index, stage] of stages.entries()) {
    const rootDir = join(folder, `stage-${index}`)
    image = await buildStage({ stage, rootDir, contextDir, builtStages, env: buildEnv })
    builtStages.set(stage.name ?? String(index), image)
  }
  if (nobody) chownSync(join(image.rootDir, 'data'), nobody.uid, nobody.gid)
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every stage starts from the pinned Bun and the product does not run as root', () => {
  expect(new Set(stages.map((stage) => stage.base))).toEqual(new Set(['oven/bun:1.4.5-slim']))
  expect(image.user).toBe('bun')
})

test('the image holds the product and neither tests, local data nor secrets', () => {
  const app = join(image.rootDir, image.workdir)
  for (const path of ['server/main.ts', 'drizzle/core', 'drizzle/tenant', 'console/dist/index.html', 'package.json']) {
    expect([path, existsSync(join(app, path))]).toEqual([path, true])
  }
  for (const path of ['tests', 'bench', 'docs', '.git', '.env', '.data', 'node_modules/playwright-core']) {
    expect([path, existsSync(join(app, path))]).toEqual([path, false])
  }
  expect(Object.keys(image.env).filter((name) => /KEY|SECRET|PASSWORD|TOKEN/.test(name))).toEqual([])
})

test('what .dockerignore names stays out of the build, wherever it lies', () => {
  const patterns = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  for (const path of ['.env', '.env.local', '.data/secrets.json', 'node_modules/a/b.js', 'console/node_modules/a.js']) {
    expect([path, isIgnored({ path, patterns })]).toEqual([path, true])
  }
  for (const path of ['server/main.ts', 'console/src/main.tsx', 'bun.lock', 'drizzle/core/0000_init.sql']) {
    expect([path, isIgnored({ path, patterns })]).toEqual([path, false])
  }
})

test('the image starts by its own command, is healthy and ready, and stops in order on SIGTERM', async () => {
  const port = await findFreePort()
  const env = {
    ...buildEnv,
    ...image.env,
    HOME: join(image.rootDir, 'data'),
    DATA_DIR: join(image.rootDir, image.env.DATA_DIR ?? '/data'),
    PORT: String(port),
    EMBEDDED_DATABASE: 'true',
    OFFLINE_MODEL: 'true',
    SECRET_KEY: randomBytes(48).toString('base64url'),
    JWT_SECRET_KEY: randomBytes(48).toString('base64url'),
  }
  const start = (command: string[]) =>
    Bun.spawn(command.with(0, command[0] === 'bun' ? process.execPath : (command[0] ?? '')), {
      cwd: join(image.rootDir, image.workdir),
      env,
      ...nobody,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
  const server = start(image.command)
  const output = Promise.all([new Response(server.stdout).text(), new Response(server.stderr).text()])
  try {
    const ready = await untilReady({ server, url: `http://127.0.0.1:${port}/health/ready`, output })
    expect(ready.status).toBe(200)
    const health = await fetch(`http://127.0.0.1:${port}/health`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ status: 'healthy' })
    expect(await start(image.healthcheck).exited).toBe(0)
  } finally {
    server.kill('SIGTERM')
    await server.exited
  }
  expect(server.exitCode).toBe(0)
  expect(await start(image.healthcheck).exited).not.toBe(0)
}, 120_000)

/** What a clean checkout would send to the builder: the files that git knows, without those that .dockerignore names. */
function copyContext(contextDir: string): void {
  const patterns = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  const listed = Bun.spawnSync(['git', 'ls-files', '-z'], { cwd: root })
  if (listed.exitCode !== 0) throw new Error(`git ls-files: ${listed.stderr.toString()}`)
  for (const path of listed.stdout.toString().split('\0')) {
    if (path === '' || isIgnored({ path, patterns }) || !existsSync(join(root, path))) continue
    mkdirSync(dirname(join(contextDir, path)), { recursive: true })
    copyFileSync(join(root, path), join(contextDir, path))
  }
}

async function untilReady(options: {
  server: Bun.Subprocess
  url: string
  output: Promise<string[]>
}): Promise<Response> {
  const deadlineMs = performance.now() + 60_000
  for (;;) {
    if (options.server.exitCode !== null) throw new Error(`the server ended:\n${(await options.output).join('\n')}`)
    const answer = await fetch(options.url).catch(() => undefined)
    if (answer?.ok || performance.now() > deadlineMs) return answer ?? Response.error()
    await Bun.sleep(100)
  }
}

function findNobody(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const account = { uid: 65_534, gid: 65_534 }
  const tried = Bun.spawnSync([process.execPath, '--version'], { ...account, cwd: '/', env: buildEnv })
  return tried.exitCode === 0 ? account : undefined
}

async function findFreePort(): Promise<number> {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = probe
  probe.stop()
  return port
}
