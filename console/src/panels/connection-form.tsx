import type { FormEvent, ReactNode } from 'react'
import { describeProblem } from '../api/problem.ts'
import { ProblemNotice } from '../ui/problem-notice.tsx'
import { connectionNames } from './connection-steps.ts'
import type { Connection } from './use-connection.ts'

/** The frame of a connection's form: a refusal that no field has, then the fields. */
export function ConnectionForm(props: {
  connection: Connection
  onSubmit?: () => void
  children: ReactNode
}): ReactNode {
  const { connection } = props
  const { refusal } = connection
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (connection.saving) return
    if (props.onSubmit) props.onSubmit()
    else void connection.save()
  }
  return (
    <form
      aria-label={`${connectionNames[connection.kind]} connection`}
      noValidate
      onSubmit={submit}
      className="flex flex-col gap-4"
    >
      <ProblemNotice className="mb-2" words={refusal && describeProblem({ problem: refusal, attempt: 'other' })} />
      {props.children}
    </form>
  )
}
