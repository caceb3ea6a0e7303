import { useEffect, useState } from 'react'

/** A value once it has not changed for a while, such as what somebody has stopped typing. */
export function useSettled<Value>(value: Value, forMs = 300): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), forMs)
    return () => clearTimeout(timer)
  }, [value, forMs])
  return settled
}
