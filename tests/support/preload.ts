import { afterAll, setDefaultTimeout } from 'bun:test'
import { stopOwnTestServer } from './test-server.ts'

// A busy machine is slow, not wrong. bunfig's own setting reaches neither hooks nor parallel runs.
setDefaultTimeout(60_000)

// Process exit handlers do not run under `bun test`; this hook does, after the last file (with --isolate: after each).
afterAll(stopOwnTestServer)
