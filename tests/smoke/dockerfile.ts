import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'

/** One instruction of a Dockerfile: its upper-case word and what follows, continuation lines joined. */
export interface Instruction {
  word: string
  rest: string
}

/** A build stage: what it starts from, its name if it has one, and its instructions. */
export interface Stage {
  base: string
  name: string | undefined
  instructions: Instruction[]
}

/** What a built stage is: a folder standing for its root file system, and its settings. */
export interface BuiltStage {
  rootDir: string
  workdir: string
  env: Record<string, string>
  user: string | undefined
  command: string[]
  healthcheck: string[]
}

/** Reads a Dockerfile of the plain kind: stages, JSON-form commands, no ARG, no heredocs, no escapes but line ends. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  const joined = lines.join('\n').replaceAll(/\\\n\s*/g, ' ')
  const stages: Stage[] = []
  for (const line of joined.split('\n').filter((line) => line.trim() !== '')) {
    const [, word = '', rest = ''] = line.trim().match(/^(\S+)\s+(.*)$/) ?? []
    if (word.toUpperCase() === 'FROM') {
      const [base = '', , name] = rest.split(/\s+/)
      stages.push({ base, name, instructions: [] })
    } else {
      stages.at(-1)?.instructions.push({ word: word.toUpperCase(), rest })
    }
  }
  return stages
}

/** Whether a .dockerignore keeps this path out of the build: the last pattern that fits it or a parent decides. */
export function isIgnored(options: { path: string; patterns: string[] }): boolean {
  let ignored = false
  const parts = options.path.split('/')
  const selfAndParents = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  for (const line of options.patterns) {
    const pattern = line.trim()
    if (pattern === '' || pattern.startsWith('#')) continue
    const isException = pattern.startsWith('!')
    const glob = new Bun.Glob(posix.normalize(pattern.replace(/^!/, '').replace(/^\//, '')).replace(/\/$/, ''))
    if (selfAndParents.some((path) => glob.match(path))) ignored = !isException
  }
  return ignored
}

/**
 * Carries out a stage's instructions in an empty folder that stands for its root file system. There is no container:
 * absolute paths that the Dockerfile names are moved below that folder, and changes of owner are left out.
 */
export async function buildStage(options: {
  stage: Stage
  rootDir: string
  contextDir: string
  builtStages: Map<string, BuiltStage>
  env: Record<string, string>
}): Promise<BuiltStage> {
  const { stage, rootDir, contextDir, builtStages } = options
  const built: BuiltStage = { rootDir, workdir: '/', env: {}, user: undefined, command: [], healthcheck: [] }
  mkdirSync(rootDir, { recursive: true })
  for (const { word, rest } of stage.instructions) {
    if (word === 'WORKDIR') {
      built.workdir = posix.resolve(built.workdir, rest)
      mkdirSync(join(rootDir, built.workdir), { recursive: true })
    } else if (word === 'ENV') Object.assign(built.env, parseEnv(rest))
    else if (word === 'COPY') copy({ rest, built, contextDir, builtStages })
    else if (word === 'RUN') await run({ script: rest, built, env: options.env })
    else if (word === 'USER') built.user = rest
    else if (word === 'CMD') built.command = parseJsonForm(rest)
    else if (word === 'HEALTHCHECK') built.healthcheck = parseJsonForm(rest.replace(/^.*?\bCMD\s+/, ''))
    else if (word !== 'EXPOSE') throw new Error(`the Dockerfile uses ${word}, which this test does not know`)
  }
  return built
}

function parseEnv(rest: string): Record<string, string> {
  return Object.fromEntries(
    rest.split(/\s+/).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

function parseJsonForm(rest: string): string[] {
  const words: unknown = JSON.parse(rest)
  if (!Array.isArray(words)) throw new Error(`not in JSON form: ${rest}`)
  return words.map(String)
}

function copy(options: {
  rest: string
  built: BuiltStage
  contextDir: string
  builtStages: Map<string, BuiltStage>
}): void {
  const words = options.rest.split(/\s+/)
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length)
  const paths = words.filter((word) => !word.startsWith('--'))
  const target = paths.pop() ?? '.'
  const sourceRoot = from === undefined ? options.contextDir : options.builtStages.get(from)?.rootDir
  if (sourceRoot === undefined) throw new Error(`COPY from the unknown stage ${from}`)
  const targetPath = join(options.built.rootDir, posix.resolve(options.built.workdir, target))
  const isFolder = target.endsWith('/') || target === '.' || paths.length > 1
  for (const path of paths) {
    const source = join(sourceRoot, path)
    if (!existsSync(source)) throw new Error(`COPY of ${path}: it is not there`)
    const end = isFolder && statSync(source).isFile() ? join(targetPath, basename(path)) : targetPath
    mkdirSync(dirname(end), { recursive: true })
    cpSync(source, end, { recursive: true, verbatimSymlinks: true })
  }
}

async function run(options: { script: string; built: BuiltStage; env: Record<string, string> }): Promise<void> {
  const { built } = options
  // Only folders at the root that this image makes itself; programs keep their places.
  const script = options.script.replaceAll(/(?<=^|\s)\/(app|data)\b/g, `${built.rootDir}/$1`)
  const child = Bun.spawn(['sh', '-ec', `chown() { :; }\n${script}`], {
    cwd: join(built.rootDir, built.workdir),
    env: { ...options.env, ...built.env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) !== 0) throw new Error(`RUN ${options.script} failed:\n${output}\n${errors}`)
}
