import { useBlocker } from '@tanstack/react-router'
import { useEffect, useRef, type ReactNode } from 'react'
import { paths } from '../../lib/paths.ts'
import {
  fieldsOf,
  keyFieldOf,
  readConnectionFields,
  type ConnectionFields,
  type ConnectionKind,
} from '../../panels/connection-fields.ts'
import { ModelConnectionForm } from '../../panels/connection-model-form.tsx'
import { PineconeConnectionForm } from '../../panels/connection-pinecone-form.tsx'
import { ConnectionTest } from '../../panels/connection-test.tsx'
import { useConnection, type Connection } from '../../panels/use-connection.ts'
import { Notice } from '../../ui/notice.tsx'
import type { TenantFlow } from './onboarding-flow.ts'
import { OnboardingFrame } from './onboarding-frame.tsx'
import type { StepMark } from './onboarding-steps.ts'

/** Who answers for the tenant; without any key the offline model does, and this says why. */
export function ModelStep(props: { flow: TenantFlow }): ReactNode {
  const { flow } = props
  const connection = useConnectionOfFlow(flow, 'model')
  const { provider } = flow.facts.effective
  return (
    <OnboardingFrame
      flow={flow}
      title="Choose the model"
      lead={`Who answers for ${flow.tenant.name}: the platform’s model, or one with a key of its own.`}
      finding={describeTest(connection)}
      foot={makeFoot({ flow, connection, what: 'model' })}
      testLabel="Model test"
      test={<ConnectionTest connection={connection} level={2} />}
    >
      <div className="flex max-w-[620px] flex-col gap-5">
        {provider === 'offline' && !connection.isDirty && (
          <Notice tone="fine" icon="check" title="The offline model answers">
            No provider’s key is set, neither here nor on this server. The built-in model needs none and no network: it
            answers by quoting the passages it finds. Continue with it, or enter a key now or later.
          </Notice>
        )}
        {provider === null && !connection.isDirty && (
          <Notice tone="warn" icon="attention" title="No model can answer yet">
            {flow.viewer.isSuperuser
              ? 'This server has no provider’s key for it, and its offline model is switched off. '
              : 'The models of this server are not for organizations that bring none. '}
            Enter a key of its own.
          </Notice>
        )}
        <ModelConnectionForm connection={connection} onSubmit={() => void saveAndGoOn({ flow, connection })} />
      </div>
    </OnboardingFrame>
  )
}

/** Where the tenant's passages are found. */
export function PineconeStep(props: { flow: TenantFlow }): ReactNode {
  const { flow } = props
  const connection = useConnectionOfFlow(flow, 'pinecone')
  return (
    <OnboardingFrame
      flow={flow}
      title="Connect Pinecone"
      lead={`Where ${flow.tenant.name}’s passages are found. Without it, answers use keyword search over uploaded documents.`}
      finding={describeTest(connection)}
      foot={makeFoot({ flow, connection, what: 'Pinecone' })}
      testLabel="Pinecone test"
      test={<ConnectionTest connection={connection} level={2} />}
    >
      <div className="max-w-[620px]">
        <PineconeConnectionForm connection={connection} onSubmit={() => void saveAndGoOn({ flow, connection })} />
      </div>
    </OnboardingFrame>
  )
}

/** The connection, what was typed for it before put back, and what is typed now kept as draft; but never its key. */
function useConnectionOfFlow(flow: TenantFlow, kind: ConnectionKind): Connection {
  const { tenant, typed, keepTyped, refreshFacts } = flow
  const connection = useConnection({ tenant, kind })
  const { form, fields, test } = connection
  const isPutBack = useRef(false)
  const stored = readConnectionFields(tenant)
  const changes = Object.fromEntries(
    namesKept(kind).map((name) => [name, fields[name] === stored[name] ? undefined : fields[name]]),
  )
  const isNews = Object.entries(changes).some(([name, text]) => typed[name] !== text)
  useEffect(() => {
    if (isPutBack.current) {
      if (isNews) keepTyped(changes)
      return
    }
    isPutBack.current = true
    for (const name of namesKept(kind)) {
      const text = typed[name]
      if (text !== undefined) form.setValue(name, text, { shouldDirty: true })
    }
  })
  const isKeyTyped = (): boolean => form.getValues(keyFieldOf[kind]) !== ''
  // A key is nothing for a draft: whoever goes with one typed has it saved first, and stays where it is refused.
  useBlocker({
    shouldBlockFn: async ({ next }) => {
      // A session that has ended cannot save any more.
      if (!isKeyTyped() || next.pathname.endsWith(paths.signIn)) return false
      return !(await save({ flow, connection }))
    },
    enableBeforeUnload: isKeyTyped,
  })
  const { phase } = test.run
  useEffect(() => {
    if (phase === 'done') refreshFacts()
  }, [phase, refreshFacts])
  return connection
}

function namesKept(kind: ConnectionKind): (keyof ConnectionFields)[] {
  return fieldsOf[kind].filter((name) => name !== keyFieldOf[kind])
}

/** Saves what was typed, whatever its test found; false when the server, or the form, refused it. */
async function save(options: { flow: TenantFlow; connection: Connection }): Promise<boolean> {
  const { flow, connection } = options
  if (!(await connection.save())) return false
  flow.keepTyped(Object.fromEntries(namesKept(connection.kind).map((name) => [name, undefined])))
  flow.refreshFacts()
  return true
}

async function saveAndGoOn(options: { flow: TenantFlow; connection: Connection }): Promise<void> {
  if (await save(options)) options.flow.goOn()
}

function makeFoot(options: { flow: TenantFlow; connection: Connection; what: string }) {
  const { flow, connection, what } = options
  return {
    verb: 'Save and continue',
    onNext: () => void saveAndGoOn({ flow, connection }),
    busy: connection.saving,
    skip: {
      what,
      onSkip: () => {
        connection.form.resetField(keyFieldOf[connection.kind])
        flow.goOn()
      },
    },
  }
}

function describeTest(connection: Connection): { finding: string; mark?: StepMark } | undefined {
  const { run, isStale } = connection.test
  if (run.phase === 'running') return { finding: 'Testing the connection' }
  if (run.phase !== 'done' || isStale) return undefined
  return run.test.ok ? { finding: 'The test passed' } : { finding: 'The test failed', mark: 'failed' }
}
