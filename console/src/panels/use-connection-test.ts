import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useApi } from '../api/api-context.ts'
import { ask, type Api } from '../api/client.ts'
import { toProblem, type ApiProblem } from '../api/problem.ts'
import {
  readModelDraft,
  readPineconeDraft,
  type ConnectionFields,
  type ConnectionKind,
  type Drafted,
} from './connection-fields.ts'
import { noteTested } from './connection-health.ts'

/** What a test found. */
export type TestResult = Awaited<ReturnType<typeof askForTest>>

/** One row of what a test found. */
export type TestStep = TestResult['steps'][number]

/** How far a test is. `failed` is a test that could not be made; one that found something wrong is `done`. */
export type TestRun =
  | { phase: 'idle' }
  | { phase: 'running'; startedAt: Date }
  | { phase: 'done'; test: TestResult; fields: ConnectionFields; isDraft: boolean; endedAt: Date; ms: number }
  | { phase: 'stopped' }
  | { phase: 'failed'; problem: ApiProblem }

/**
 * Tests a connection with what is typed in place of what is stored. One test at a time: another one takes its place.
 * A test of what is stored, nothing typed, is told to the health of the connection.
 */
export function useConnectionTest(kind: ConnectionKind) {
  const api = useApi()
  const queryClient = useQueryClient()
  const [run, setRun] = useState<TestRun>({ phase: 'idle' })
  const current = useRef<AbortController>(undefined)
  useEffect(() => () => current.current?.abort(), [])

  const make = async (drafted: Drafted, signal: AbortSignal): Promise<TestRun> => {
    const draft = kind === 'model' ? readModelDraft(drafted) : readPineconeDraft(drafted)
    const isDraft = Object.keys(draft).length > 0
    const startedAt = new Date()
    try {
      const test = await askForTest({ api, kind, drafted, signal })
      const endedAt = new Date()
      if (!isDraft) noteTested({ queryClient, tenantId: drafted.tenant.id, kind, test, at: endedAt })
      return {
        phase: 'done',
        test,
        fields: drafted.fields,
        isDraft,
        endedAt,
        ms: endedAt.getTime() - startedAt.getTime(),
      }
    } catch (thrown) {
      return signal.aborted ? { phase: 'stopped' } : { phase: 'failed', problem: toProblem(thrown) }
    }
  }
  const begin = async (drafted: Drafted): Promise<TestRun> => {
    current.current?.abort()
    const { signal } = (current.current = new AbortController())
    setRun({ phase: 'running', startedAt: new Date() })
    const ended = await make(drafted, signal)
    // Stop, or another test, has already said how things are.
    if (!signal.aborted) setRun(ended)
    return ended
  }
  const stop = (): void => {
    current.current?.abort()
    setRun({ phase: 'stopped' })
  }
  return { run, begin, stop, forget: (): void => setRun({ phase: 'idle' }) }
}

function askForTest(options: { api: Api; kind: ConnectionKind; drafted: Drafted; signal: AbortSignal }) {
  const { api, kind, drafted, signal } = options
  const tenant = api.server.admin.tenants({ id: drafted.tenant.id })
  return kind === 'model'
    ? ask(tenant.model.test.post(readModelDraft(drafted), { fetch: { signal } }))
    : ask(tenant.pinecone.test.post(readPineconeDraft(drafted), { fetch: { signal } }))
}
