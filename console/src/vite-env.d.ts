/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The version in package.json at build time. */
  readonly TENANTRY_VERSION: string
}
