import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useForm, useWatch } from 'react-hook-form'
import { findRefusals, toProblem, type ApiProblem } from '../api/problem.ts'
import { findFinding, isStale } from './connection-findings.ts'
import {
  explainNeededKey,
  fieldsOf,
  keyFieldOf,
  readChanges,
  readConnectionFields,
  readModelDraft,
  readPineconeDraft,
  type ConnectionField,
  type ConnectionFields,
  type ConnectionKind,
} from './connection-fields.ts'
import { makeConnectionRules } from './connection-rules.ts'
import { useChangeTenant, type Tenant } from './tenant.queries.ts'
import { useConnectionTest } from './use-connection-test.ts'

/** One connection of a tenant being set up: what `useConnection` gives to its form and its test. */
export type Connection = ReturnType<typeof useConnection>

/**
 * The settings of one of a tenant's connections as they are typed, saved and tested. What is typed stays when the tenant
 * is loaded anew, and lives only as long as the component: a key is kept nowhere else. A failed test stops no save.
 */
export function useConnection(options: { tenant: Tenant; kind: ConnectionKind }) {
  const { tenant, kind } = options
  const names = fieldsOf[kind]
  const keyName = keyFieldOf[kind]
  const queryClient = useQueryClient()
  const change = useChangeTenant(tenant.id)
  const tester = useConnectionTest(kind)
  const [replacing, setReplacing] = useState(false)
  const [saved, setSaved] = useState(false)
  const [refusal, setRefusal] = useState<ApiProblem>()
  // What is compared with after a save, before this is rendered anew.
  const latest = useRef(tenant)
  useEffect(() => {
    latest.current = tenant
  }, [tenant])
  const form = useForm<ConnectionFields>({
    mode: 'onTouched',
    values: readConnectionFields(tenant),
    resetOptions: { keepDirtyValues: true },
  })
  // What is typed: complete, as every field has a default.
  const fields: ConnectionFields = { ...readConnectionFields(tenant), ...useWatch({ control: form.control }) }
  const changes = readChanges(kind, { fields, tenant })
  const draft = kind === 'model' ? readModelDraft({ fields, tenant }) : readPineconeDraft({ fields, tenant })
  const isDirty = Object.keys(changes).length > 0
  const neededKey = kind === 'model' ? explainNeededKey({ fields, tenant }) : undefined
  const { errors } = form.formState
  const { run } = tester

  /** Checks every field; the first bad one gets the focus. */
  const check = async (): Promise<boolean> => {
    if (await form.trigger([...names])) return true
    const first = names.find((name) => form.getFieldState(name).invalid)
    if (first !== undefined) form.setFocus(first)
    return false
  }
  const place = (problem: ApiProblem): boolean => {
    const refusals = findRefusals({ problem, names })
    if (refusals.some(({ name }) => name === keyName)) openKey()
    for (const [at, { name, message }] of refusals.entries()) {
      form.setError(name, { message }, { shouldFocus: at === 0 })
    }
    return refusals.length > 0
  }
  /** Opens the key's field and puts the focus into it. */
  const openKey = (): void => {
    flushSync(() => setReplacing(true))
    form.setFocus(keyName)
  }
  const keepKey = (): void => {
    setReplacing(false)
    form.resetField(keyName)
  }
  const take = (stored: Tenant): void => {
    latest.current = stored
    setReplacing(false)
    form.reset(readConnectionFields(stored), { keepDirtyValues: false })
  }

  /** What the settings come to is the server's to say. */
  const refreshInUse = (): Promise<void> =>
    queryClient.invalidateQueries({ queryKey: ['tenant', tenant.id, 'overview'] })

  /** Saves what was typed. False when it was refused: the sentences then stand at their fields. */
  const save = async (): Promise<boolean> => {
    setRefusal(undefined)
    setSaved(false)
    if (!(await check())) return false
    const now = readChanges(kind, { fields: form.getValues(), tenant: latest.current })
    if (Object.keys(now).length === 0) return true
    try {
      take(await change.mutateAsync(now))
      setSaved(true)
      await refreshInUse()
      return true
    } catch (thrown) {
      const problem = toProblem(thrown)
      if (!place(problem)) setRefusal(problem)
      return false
    }
  }

  /** Removes the stored key, and with it an address that cannot do without. Rejects when it was refused. */
  const removeKey = async (): Promise<void> => {
    const { model_provider, model_base_url } = latest.current
    const stored = await change.mutateAsync(
      kind === 'pinecone'
        ? { pinecone_api_key: null }
        : {
            model_api_key: null,
            ...(model_base_url !== null && { model_base_url: null }),
            ...(model_provider === 'openai-compatible' && { model_provider: null }),
          },
    )
    latest.current = stored
    keepKey()
    await refreshInUse()
    tester.forget()
  }

  /** Tests what is typed in place of what is stored, once it can be right. */
  const startTest = async (): Promise<void> => {
    if (neededKeyNow()) {
      openKey()
      await form.trigger(keyName)
      return
    }
    if (!(await check())) return
    const ended = await tester.begin({ fields: { ...form.getValues() }, tenant: latest.current })
    if (ended.phase === 'failed') place(ended.problem)
  }
  const neededKeyNow = (): boolean => {
    const now = form.getValues()
    if (kind !== 'model' || now.model_api_key.trim() !== '') return false
    return explainNeededKey({ fields: now, tenant: latest.current }) !== undefined
  }
  /** Sets what a test proposed, and tests again. */
  const applyFix = async (fix: { field: string; value: string }): Promise<void> => {
    const name = names.find((candidate) => candidate === fix.field)
    if (name === undefined) return
    form.setValue(name, fix.value, { shouldDirty: true, shouldTouch: true, shouldValidate: true })
    await startTest()
  }

  return {
    tenant,
    kind,
    form,
    rules: makeConnectionRules(tenant),
    fields,
    isDirty,
    saving: change.isPending,
    /** Saved, and nothing typed since. */
    saved: saved && !isDirty,
    /** Why a save was refused, where no field says it. */
    refusal,
    save,
    /** Gives up what was typed. */
    discard: (): void => {
      setRefusal(undefined)
      take(latest.current)
    },
    /** What stands below a field: what is wrong with it, or what the test found while it still says the same. */
    errorOf: (name: ConnectionField): string | undefined =>
      errors[name]?.message ?? findFinding({ kind, name, fields, run }),
    key: {
      name: keyName,
      stored: tenant[keyName],
      /** Why the stored key does not do for what is typed; undefined when it does. */
      needed: neededKey,
      replacing: replacing || fields[keyName] !== '',
      setReplacing: (next: boolean): void => (next ? setReplacing(true) : keepKey()),
      open: openKey,
      remove: removeKey,
    },
    /** Whether something is typed that a test tries before it is saved. */
    isDraft: Object.keys(draft).length > 0,
    test: { run, start: startTest, stop: tester.stop, applyFix, isStale: isStale({ kind, fields, run }) },
  }
}
