/** What a tab remembers over a reload, and forgets when it is closed. */
export interface TabMemory<Value> {
  /** Undefined when nothing is remembered. */
  read(): Value | undefined
  write(value: Value): void
  forget(): void
}

export function openTabMemory<Value>(name: string): TabMemory<Value> {
  return {
    read() {
      const text = sessionStorage.getItem(name)
      return text === null ? undefined : (JSON.parse(text) as Value)
    },
    write: (value) => sessionStorage.setItem(name, JSON.stringify(value)),
    forget: () => sessionStorage.removeItem(name),
  }
}
