import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Plate } from '../../ui/plate.tsx'
import { Section } from '../../ui/section.tsx'
import { State } from '../../ui/state.tsx'
import { When } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { chooseRemedy, describeAffected, nameConnection } from './failing-words.ts'
import type { HomePages } from './home-pages.ts'
import {
  forgetFailure,
  keyOf,
  noteFinding,
  testConnection,
  type FailingConnection,
  type TestFinding,
} from './home.queries.ts'

const firstShown = 5
/** The server names no more. */
const namedMax = 20

/** The connections that fail, longest first, each with what mends it. */
export function FailingConnections(props: {
  connections: readonly FailingConnection[]
  pages: HomePages
  /** Every one instead of the first few. */
  all: boolean
  onAll: (all: boolean) => void
}): ReactNode {
  const { connections, pages, all } = props
  const { findings, testing, test } = useTests()
  const shown = all ? connections : connections.slice(0, firstShown)
  if (connections.length === 0) {
    return (
      <Section title="Connections">
        <State kind="fine">No connection fails</State>
      </Section>
    )
  }
  return (
    <Section
      title="Failing connections"
      aside={<Badge tone="danger">{connections.length >= namedMax ? `${namedMax}+` : connections.length}</Badge>}
      actions={
        <Button
          kind="ghost"
          size="small"
          className="-me-[10px]"
          busy={testing.size > 0}
          onClick={() => void test(shown)}
        >
          {testing.size === 0 && <Icon name="again" className="shrink-0 text-ink-3" />}
          {connections.length > shown.length ? `Test these ${shown.length}` : 'Test all'}
        </Button>
      }
    >
      <ul>
        {shown.map((connection) => (
          <FailingRow
            key={keyOf(connection)}
            connection={connection}
            pages={pages}
            finding={findings.get(keyOf(connection))}
            testing={testing.has(keyOf(connection))}
            onTest={() => void test([connection])}
          />
        ))}
      </ul>
      {connections.length > firstShown && (
        <Button kind="text" className="mt-3" aria-expanded={all} onClick={() => props.onAll(!all)}>
          {all ? `Show the first ${firstShown}` : `Show ${connections.length - firstShown} more`}
        </Button>
      )}
    </Section>
  )
}

function FailingRow(props: {
  connection: FailingConnection
  pages: HomePages
  finding: TestFinding | undefined
  testing: boolean
  onTest: () => void
}): ReactNode {
  const { connection, pages, finding } = props
  const remedy = pages.connections && chooseRemedy(connection)
  const name = connection.tenant_name
  return (
    <li className="flex gap-[10px] border-b border-line py-3 first:pt-0 last:border-b-0 last:pb-0">
      <Plate tenantId={connection.tenant_id} size={18} />
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          {pages.tenant ? (
            <Link
              to={pages.tenant(connection.tenant_id)}
              title={name}
              className="min-w-0 flex-1 truncate rounded-xs font-medium text-ink hover:underline"
            >
              {name}
            </Link>
          ) : (
            <span title={name} className="min-w-0 flex-1 truncate font-medium text-ink">
              {name}
            </span>
          )}
          <span className="shrink-0 text-meta text-ink-3 tabular-nums">
            {nameConnection(connection)}, <When time={connection.failing_since} />
          </span>
        </p>
        <p className="mt-[2px] text-ink-2">{connection.detail ?? 'The connection failed.'}</p>
        {/* Advice on another failure than the present one would mislead. */}
        {finding?.remedy && finding.detail === connection.detail && <p className="mt-1 text-ink-2">{finding.remedy}</p>}
        <div className="mt-1 flex min-h-[24px] flex-wrap items-center gap-x-3">
          <span className="text-meta text-ink-3 tabular-nums">{describeAffected(connection)}</span>
          {remedy !== undefined && pages.connections ? (
            <Link
              to={pages.connections(connection.tenant_id)}
              aria-label={`${remedy}: ${nameConnection(connection)} of ${name}`}
              className="link ms-auto no-underline hover:underline"
            >
              {remedy}
            </Link>
          ) : (
            <Button
              kind="text"
              busy={props.testing}
              aria-label={`Test again: ${nameConnection(connection)} of ${name}`}
              className="ms-auto"
              onClick={props.onTest}
            >
              Test again
            </Button>
          )}
        </div>
      </div>
    </li>
  )
}

/** Tests connections one after the other, remembers what they found and announces the outcome. */
function useTests(): {
  findings: ReadonlyMap<string, TestFinding>
  testing: ReadonlySet<string>
  test: (connections: readonly FailingConnection[]) => Promise<void>
} {
  const api = useApi()
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const [findings, setFindings] = useState<ReadonlyMap<string, TestFinding>>(new Map())
  const [testing, setTesting] = useState<ReadonlySet<string>>(new Set())
  const { mutateAsync } = useMutation({
    mutationFn: async (connections: readonly FailingConnection[]): Promise<readonly FailingConnection[]> => {
      const working: FailingConnection[] = []
      setTesting(new Set(connections.map(keyOf)))
      try {
        // One at a time: each is a call to somebody else's service.
        for (const connection of connections) {
          const finding = await testConnection({ api, connection })
          if (finding) {
            setFindings((old) => new Map(old).set(keyOf(connection), finding))
            noteFinding({ queryClient, connection, finding })
          } else working.push(connection)
          setTesting((old) => new Set([...old].filter((key) => key !== keyOf(connection))))
        }
      } finally {
        setTesting(new Set())
        for (const connection of working) forgetFailure({ queryClient, connection })
      }
      return working
    },
  })
  const test = async (connections: readonly FailingConnection[]): Promise<void> => {
    try {
      const working = await mutateAsync(connections)
      toasts.done(describeOutcome({ connections, working }))
    } catch (thrown) {
      const { title, advice } = describeProblem({ problem: toProblem(thrown), attempt: 'other' })
      toasts.failed('The test could not be made', { detail: `${title} ${advice}` })
    }
  }
  return { findings, testing, test }
}

function describeOutcome(options: {
  connections: readonly FailingConnection[]
  working: readonly FailingConnection[]
}): string {
  const { connections, working } = options
  const [only] = connections
  if (only && connections.length === 1) {
    const name = `${nameConnection(only)} of ${only.tenant_name}`
    return working.length === 1 ? `${name} works again` : `${name} still fails`
  }
  if (working.length === 0) return `All ${formatPlural(connections.length, 'connection')} still fail`
  return `${working.length} of ${formatPlural(connections.length, 'connection')} work again`
}
