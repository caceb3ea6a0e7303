import {
  fieldsOf,
  keyFieldOf,
  type ConnectionField,
  type ConnectionFields,
  type ConnectionKind,
} from './connection-fields.ts'
import { findFieldOfStep } from './connection-steps.ts'
import type { useConnectionTest } from './use-connection-test.ts'

type ConnectionRun = ReturnType<typeof useConnectionTest>['run']

/** What the last test found about a field, while the field still says the same. */
export function findFinding(options: {
  kind: ConnectionKind
  name: ConnectionField
  fields: ConnectionFields
  run: ConnectionRun
}): string | undefined {
  const { kind, name, fields, run } = options
  if (run.phase !== 'done' || run.fields[name] !== fields[name]) return undefined
  const failed = run.test.steps.find(({ ok }) => !ok)
  return failed && findFieldOfStep(kind, failed.name) === name ? failed.detail : undefined
}

/** Whether something was typed since the test, so that what it found is about other settings. */
export function isStale(options: { kind: ConnectionKind; fields: ConnectionFields; run: ConnectionRun }): boolean {
  const { kind, fields, run } = options
  if (run.phase !== 'done') return false
  const { fields: tested } = run
  // A key that was saved since has left the form; one that is typed anew has not been tested.
  const key = keyFieldOf[kind]
  if (fields[key] !== '' && fields[key] !== tested[key]) return true
  return fieldsOf[kind].some((name) => name !== key && name !== 'retrieval' && fields[name] !== tested[name])
}
