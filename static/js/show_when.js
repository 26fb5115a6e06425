// Parts of a form that show only when they apply: data-show-when="source=file,text". Without this script
// all of them show.

for (const form of document.querySelectorAll("form[data-shows]")) {
  const value = (name) => new FormData(form).get(name);
  const arrange = () => {
    for (const part of form.querySelectorAll("[data-show-when]")) {
      const [name, wanted] = part.dataset.showWhen.split("=");
      part.hidden = !wanted.split(",").includes(value(name));
    }
  };
  form.addEventListener("change", arrange);
  arrange();
}
