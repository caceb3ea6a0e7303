import { afterAll } from 'bun:test'
import { stopOwnTestServer } from './test-server.ts'

// Process exit handlers do not run under `bun test`; this hook does, after the last file (with --isolate: after each).
afterAll(stopOwnTestServer)
