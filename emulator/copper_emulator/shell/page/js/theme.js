// Dark or light? What the system prefers, until somebody says otherwise here.

const KEY = "copper-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function theme() {
  return localStorage.getItem(KEY) ?? (system.matches ? "dark" : "light");
}

/** `onChange()`: the system prefers the other one now. */
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
