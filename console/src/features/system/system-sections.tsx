import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatAge, formatFullTime } from '../../lib/format.ts'
import { formatMs } from '../../lib/numbers.ts'
import { useNow } from '../../lib/use-now.ts'
import { CopyId } from '../../ui/copy-id.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'
import { State, type StateKind } from '../../ui/state.tsx'
import { When } from '../../ui/time.tsx'
import { KeysSection } from './keys-section.tsx'
import { FleetSections } from './fleet-sections.tsx'
import { MailSection } from './mail-section.tsx'
import type { SystemFacts } from './system.queries.ts'

/** The parts of the installation, ruled: server, database, models, search, variables. */
export function SystemSections({ facts }: { facts: SystemFacts }): ReactNode {
  const now = useNow()
  const { database, models, pinecone } = facts
  const healthy = database.status === 'healthy'
  return (
    <>
      <DescribedSection wide title="Server" lead="The process that answers this page.">
        <Facts>
          <Fact name="Version">Tenantry {facts.version}</Fact>
          <Fact name="Bun">{facts.bun_version}</Fact>
          <Fact name="Mode">{facts.mode === 'production' ? 'Production' : 'Development'}</Fact>
          <Fact name="Started">
            <time dateTime={facts.started_at}>{formatFullTime(facts.started_at)}</time>
            <span className="text-ink-3">{formatAge({ time: facts.started_at, now })}</span>
          </Fact>
          <Fact name="Installation">
            <CopyId id={facts.installation_id} what="installation id" />
          </Fact>
        </Facts>
      </DescribedSection>
      <DescribedSection wide title="Database" lead="Holds tenants, users, usage and the audit log.">
        <Facts>
          <Fact name="State">
            <State kind={healthy ? 'fine' : 'failed'}>{healthy ? 'Answers' : 'Does not answer'}</State>
            {database.latency_ms !== null && <span className="text-ink-3">in {formatMs(database.latency_ms)}</span>}
          </Fact>
          <Fact name="PostgreSQL">
            {database.version ?? 'unknown'}
            <span className="text-ink-3">
              {database.kind === 'embedded' ? 'embedded, started by the server' : 'external, by DATABASE_URL'}
            </span>
          </Fact>
          <Fact name="Change feed">
            {facts.change_feed.listening ? (
              <State kind="fine">Listening</State>
            ) : (
              <>
                <State kind="attention">Not connected</State>
                <span className="text-ink-3">
                  it connects again by itself; until then changes reach this server late
                </span>
              </>
            )}
          </Fact>
          <Fact name="Redis">
            <RedisState redis={facts.redis} />
          </Fact>
        </Facts>
      </DescribedSection>
      <FleetSections />
      <DescribedSection wide title="Models" lead="Keys shared by tenants that have none of their own.">
        <Facts>
          <Fact name="OpenAI">
            <Configured set={models.openai} unset="No shared key" />
          </Fact>
          <Fact name="DeepSeek">
            <Configured set={models.deepseek} unset="No shared key" />
          </Fact>
          <Fact name="Offline model">
            {models.offline ? <State kind="fine">On</State> : <State kind="suspended">Off</State>}
          </Fact>
          <Fact name="Prices">
            <Link to="/system/prices" className="link">
              Prices
            </Link>
            <span className="text-ink-3">what models cost, and which have no price</span>
          </Fact>
        </Facts>
      </DescribedSection>
      <DescribedSection wide title="Search" lead="Pinecone, for tenants without a connection of their own.">
        <Facts>
          <Fact name="Pinecone">
            <Configured set={pinecone.shared} word="Shared" unset="Not shared" />
          </Fact>
          <Fact name="Index name">
            <Configured set={pinecone.index_name} word="Set" unset="Not set" />
          </Fact>
        </Facts>
      </DescribedSection>
      <MailSection />
      <KeysSection />
      <DescribedSection
        wide
        title="Variables"
        lead="What the environment sets. Values are never shown; all others have their defaults."
      >
        {facts.variables_set.length === 0 ? (
          <p className="text-ink-2">No variable is set; everything has its default.</p>
        ) : (
          <ul aria-label="Variables set" className="grid gap-x-8 desk:-mt-[6px] desk:grid-cols-2">
            {facts.variables_set.toSorted().map((name) => (
              <li key={name} className="py-[6px] font-mono text-meta wrap-anywhere text-ink">
                {name}
              </li>
            ))}
          </ul>
        )}
      </DescribedSection>
    </>
  )
}

function Configured(props: { set: boolean; word?: string; unset: string }): ReactNode {
  const kind: StateKind = props.set ? 'fine' : 'suspended'
  return <State kind={kind}>{props.set ? (props.word ?? 'Configured') : props.unset}</State>
}

function RedisState(props: { redis: SystemFacts['redis'] }): ReactNode {
  if (props.redis === null) {
    return (
      <>
        <State kind="suspended">Not used</State>
        <span className="text-ink-3">limits and streams are each server’s own</span>
      </>
    )
  }
  const { status, latency_ms: latencyMs, since } = props.redis
  if (status === 'healthy') {
    return (
      <>
        <State kind="fine">Answers</State>
        {latencyMs !== null && <span className="text-ink-3">in {formatMs(latencyMs)}</span>}
      </>
    )
  }
  return (
    <>
      <State kind="attention">Does not answer</State>
      <span className="text-ink-3">
        since <When time={since} />; meanwhile each server keeps to its share of the limits
      </span>
    </>
  )
}
