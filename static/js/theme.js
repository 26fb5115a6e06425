// Runs in <head>, before paint: the chosen theme, else the system's. No flash of the other one.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("lvs-theme");
    } catch {
      return null; // storage is switched off: the system decides
    }
  };
  const apply = () => {
    root.dataset.bsTheme = chosen() || (system.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("lvs:theme"));
  };
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
  addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    try {
      localStorage.setItem("lvs-theme", root.dataset.bsTheme === "dark" ? "light" : "dark");
    } catch {
      root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
      return;
    }
    apply();
  });
})();
