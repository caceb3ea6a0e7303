import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useEffect, useId, useMemo, useRef, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { tenantPath } from '../../lib/paths.ts'
import { useNow } from '../../lib/use-now.ts'
import { getConnectionHealthQueryOptions, type TenantOverview } from '../../panels/connection-health.ts'
import { ModelConnectionForm } from '../../panels/connection-model-form.tsx'
import { LeaveGuard } from '../../panels/leave-guard.tsx'
import { PineconeConnectionForm } from '../../panels/connection-pinecone-form.tsx'
import { connectionNames, connectionNouns } from '../../panels/connection-steps.ts'
import { ConnectionTest } from '../../panels/connection-test.tsx'
import { getTenantQueryOptions, type Tenant } from '../../panels/tenant.queries.ts'
import { useConnection, type Connection } from '../../panels/use-connection.ts'
import { Button } from '../../ui/button.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { SaveRow } from '../../ui/save-row.tsx'
import { State } from '../../ui/state.tsx'
import { describeHealth, describeModelInUse, describeRetrievalInUse, isSetUp, type Health } from './describe-health.ts'

/** A tenant's connections: who answers and where its passages are found, how both do, set, tested and mended. */
export function ConnectionsPage(): ReactNode {
  const { tenantId = '' } = useParams({ strict: false })
  const { data: tenant } = useQuery(getTenantQueryOptions(useApi(), tenantId))
  return tenant ? <Connections tenant={tenant} /> : null
}

function Connections(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const { data: known } = useQuery(getConnectionHealthQueryOptions(useApi(), tenant.id))
  const model = useConnection({ tenant, kind: 'model' })
  const pinecone = useConnection({ tenant, kind: 'pinecone' })
  useTestCommand(() => {
    void model.test.start()
    void pinecone.test.start()
  })
  return (
    <>
      <ConnectionSection connection={model} known={known} inUse={known && describeModelInUse(tenant, known.effective)}>
        <ModelConnectionForm
          connection={model}
          onSubmit={() => void saveAndTest(model)}
          foot={<Foot connection={model} />}
        />
      </ConnectionSection>
      <ConnectionSection
        connection={pinecone}
        known={known}
        inUse={
          known && (
            <>
              {describeRetrievalInUse(known.effective)}{' '}
              <Link to={tenantPath(tenant.id, 'retrieval')} className="link">
                Set retrieval
              </Link>
            </>
          )
        }
      >
        <PineconeConnectionForm
          connection={pinecone}
          withoutRetrieval
          onSubmit={() => void saveAndTest(pinecone)}
          foot={<Foot connection={pinecone} />}
        />
      </ConnectionSection>
      <UnsavedGuard connections={[model, pinecone]} />
    </>
  )
}

const called = { model: 'the model', pinecone: 'Pinecone' } as const

function UnsavedGuard(props: { connections: readonly Connection[] }): ReactNode {
  const dirty = props.connections.filter(({ isDirty }) => isDirty)
  const hasKey = dirty.some(({ key, fields }) => fields[key.name] !== '')
  return (
    <LeaveGuard
      dirty={dirty.length > 0}
      title={`Leave without saving ${dirty.map(({ kind }) => called[kind]).join(' and ')}?`}
      description={hasKey ? 'What you typed is given up, the key among it: it is kept nowhere else.' : undefined}
    />
  )
}

/** Saves, and then tests what is stored now, so that the connection's state is that of the new settings. */
async function saveAndTest(connection: Connection): Promise<void> {
  const { isDraft } = connection
  if ((await connection.save()) && isDraft) await connection.test.start()
}

function ConnectionSection(props: {
  connection: Connection
  known: Pick<TenantOverview, 'connections' | 'effective'> | undefined
  inUse: ReactNode
  children: ReactNode
}): ReactNode {
  const { connection, known } = props
  const { kind, tenant } = connection
  const id = useId()
  const now = useNow()
  const health =
    known &&
    describeHealth({
      state: known.connections.find((state) => state.connection === kind),
      isSetUp: isSetUp(kind, { tenant, effective: known.effective }),
      now,
    })
  return (
    <section
      aria-labelledby={id}
      className="relative grid border-b border-line last:border-b-0 min-[1080px]:grid-cols-[minmax(0,1fr)_minmax(320px,400px)]"
    >
      <div className="min-w-0 px-6 pt-6 pb-7 phone:px-4">
        <div className="mb-5 flex max-w-[560px] flex-col gap-1">
          <div className="flex min-h-[20px] flex-wrap items-center gap-x-3 gap-y-1">
            <h2 id={id} className="text-[14px]/[20px] font-semibold text-ink">
              {connectionNames[kind]}
            </h2>
            {health && <HealthLine health={health} />}
          </div>
          <p className="min-h-[20px] text-ink-3">{props.inUse}</p>
          {health?.kind === 'failed' && (
            <p className="text-ink-2">
              {health.detail} <span className="text-ink-3">{health.note}</span>
            </p>
          )}
        </div>
        <div className="max-w-[560px]">{props.children}</div>
      </div>
      <div className="border-line bg-sunken px-6 py-6 max-[1079px]:border-t min-[1080px]:border-s phone:px-4">
        <ConnectionTest connection={connection} />
      </div>
    </section>
  )
}

function HealthLine(props: { health: Health }): ReactNode {
  const { kind, words, note } = props.health
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <State kind={kind}>{words}</State>
      {kind === 'fine' && <span className="text-meta text-ink-3">{note}</span>}
    </span>
  )
}

function Foot(props: { connection: Connection }): ReactNode {
  const { connection } = props
  return (
    <div className="mt-1">
      <SaveRow
        verb={`Save ${connectionNouns[connection.kind]}`}
        dirty={connection.isDirty}
        busy={connection.saving}
        saved={connection.saved}
      >
        {connection.isDirty && (
          <Button kind="ghost" onClick={connection.discard}>
            Discard changes
          </Button>
        )}
      </SaveRow>
    </div>
  )
}

/** Offers “Test the connections” by key and palette. */
function useTestCommand(test: () => void): void {
  const latest = useRef(test)
  useEffect(() => {
    latest.current = test
  })
  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'tenant.test',
          name: 'Test the connections',
          group: 'In a tenant',
          keys: 'Shift+T',
          icon: 'plug',
          palette: 'This tenant',
          words: 'model pinecone check health',
          run: () => latest.current(),
        },
      ],
      [],
    ),
  )
}
