// The server prints UTC; the browser adds the reader's own clock as a hint and keeps countdowns moving.
function inWords(ms) {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const days = Math.floor(minutes / 1440), hours = Math.floor((minutes % 1440) / 60), rest = minutes % 60;
  const words = days ? `${days} d${hours ? ` ${hours} h` : ""}` : hours ? `${hours} h${rest ? ` ${rest} min` : ""}` : `${rest} min`;
  return ms < 0 ? `${words} over` : `in ${words}`;
}

export function startTime() {
  const hint = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) time.title ||= new Date(time.dateTime).toLocaleString();
  };
  const count = () => {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const left = new Date(time.dateTime) - Date.now();
      time.textContent = inWords(left);
      time.closest(".due")?.classList.toggle("bad", left < 0);
    }
  };
  hint(document);
  document.addEventListener("region:replaced", (event) => hint(event.target));
  setInterval(count, 30_000);
}
