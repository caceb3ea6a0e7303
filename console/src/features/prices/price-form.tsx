import { useId, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SelectField } from '../../ui/select-field.tsx'
import { checkRate, formatRate, nameProvider, readRate } from './price-words.ts'
import type { NewPrice, Price } from './use-prices.ts'

const providers = (['openai', 'deepseek', 'openai-compatible'] satisfies NewPrice['provider'][]).map((value) => ({
  value,
  label: nameProvider(value),
}))

/** The dialog that sets a price: of a new model, or a new one of a model that has some. */
export function PriceForm(props: {
  /** What the model has now; its fields begin with that. */
  before?: Price
  /** A model that was called without a price. */
  unpriced?: { provider: string; model: string }
  busy: boolean
  error: unknown
  onSave: (price: NewPrice) => Promise<unknown>
  onClose: () => void
}): ReactNode {
  const { before, unpriced, busy } = props
  const formId = useId()
  const known = before ?? unpriced
  const write = (amount: number | undefined): string =>
    amount === undefined ? '' : formatRate(amount).slice(1).replaceAll(',', '')
  const form = useForm({
    mode: 'onTouched',
    defaultValues: {
      provider: providers.find(({ value }) => value === known?.provider)?.value ?? 'openai',
      model: known?.model ?? '',
      input: write(before?.input_per_million_micro_usd),
      cached: write(before?.cached_input_per_million_micro_usd),
      output: write(before?.output_per_million_micro_usd),
    },
  })
  const { errors } = form.formState
  const submit = form.handleSubmit(async ({ provider, model, input, cached, output }) => {
    // What the server refused is shown above the fields.
    await props
      .onSave({
        provider,
        model: model.trim(),
        input_per_million_micro_usd: readRate(input),
        output_per_million_micro_usd: readRate(output),
        ...(cached.trim() === '' ? {} : { cached_input_per_million_micro_usd: readRate(cached) }),
      })
      .catch(() => undefined)
  })
  return (
    <FormDialog
      keep
      onClose={props.onClose}
      title={before ? `New price of ${before.model}` : 'Set a price'}
      description="In US dollars for a million tokens, from now on. What was counted before stays as it was counted."
      formId={formId}
      cancel="Cancel"
      verb="Set price"
      busy={busy}
    >
      <form id={formId} noValidate onSubmit={(event) => void submit(event)} className="mt-3 flex flex-col gap-2">
        <ProblemNotice
          words={props.error ? describeProblem({ problem: toProblem(props.error), attempt: 'other' }) : undefined}
          className="mb-2"
        />
        {!before && (
          <>
            <SelectField label="Provider" choices={providers} {...form.register('provider')} />
            <TextField
              label="Model"
              mono
              autoComplete="off"
              placeholder="gpt-5-mini"
              hint="As it is named in settings and in requests."
              error={errors.model?.message}
              {...form.register('model', { validate: (text) => text.trim() !== '' || 'Enter the name of a model.' })}
            />
          </>
        )}
        <TextField
          label="Input"
          inputMode="decimal"
          autoComplete="off"
          placeholder="0.25"
          error={errors.input?.message}
          {...form.register('input', { validate: checkRate })}
        />
        <TextField
          label="Input from the provider’s cache"
          optional
          inputMode="decimal"
          autoComplete="off"
          hint="Left empty, the same as input."
          error={errors.cached?.message}
          {...form.register('cached', { validate: (text) => text.trim() === '' || checkRate(text) })}
        />
        <TextField
          label="Output"
          inputMode="decimal"
          autoComplete="off"
          placeholder="2.00"
          hint="0 for embeddings, which have none."
          error={errors.output?.message}
          {...form.register('output', { validate: checkRate })}
        />
      </form>
    </FormDialog>
  )
}
