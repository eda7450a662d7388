// Dark or light? The system's preference, until the user chooses otherwise.

const KEY = "copper-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function theme() {
  return localStorage.getItem(KEY) ?? (system.matches ? "dark" : "light");
}

/** `onChange()` is called when the system's preference changes. */
export function onSystemTheme(onChange) {
  system.addEventListener("change", () => {
    applyTheme();
    onChange();
  });
}

export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

export function toggleTheme(onChange) {
  localStorage.setItem(KEY, theme() === "dark" ? "light" : "dark");
  applyTheme();
  onChange();
}
