"""Questions to suppliers go out by mail, and answers come back to the task that asked."""

from __future__ import annotations

import logging
from typing import Any

from tiebeam.connect.mail import Message as Letter
from tiebeam.connect.mail import answer_text, subject_for, task_of
from tiebeam.engine import EffectStatus, Engine, Segment
from tiebeam.errors import TiebeamError
from tiebeam.spec import Effect
from tiebeam.store import Store, Unit
from tiebeam.workforce import Message, Task, Workforce

KIND = "mail"
_log = logging.getLogger("tiebeam.workflow")


class Correspondence:
    """`mail` is the spool; `sender` the address questions are sent from."""

    def __init__(self, store: Store, *, engine: Engine, workforce: Workforce, mail: Any, sender: str) -> None:
        self._store = store
        self._engine = engine
        self._workforce = workforce
        self._mail = mail
        self._sender = sender

    def asked(self, unit: Unit, task: Task, message: Message) -> None:
        """The workforce's hook: nothing is sent before the question is committed."""
        self._engine.enqueue(unit, kind=KIND, key=f"{task.id}|{message.id}", seq=0, queue="effects", team=task.team)

    def run_segment(self, segment: Segment) -> None:
        """Send one question, once; the spool writes the same letter for the same key."""
        task_id, _, message_id = segment.key.partition("|")
        with self._store.read() as conn:
            task = self._workforce.task(conn, task_id)
        message = next(item for item in task.questions if item.id == message_id)
        if not message.recipient:
            _log.info("question %s names no recipient; it stays with the task", message_id)
            return
        letter = Letter(
            sender=self._sender,
            to=(message.recipient,),
            subject=subject_for(task_id, " ".join((message.subject or task.title).split())),
            text=message.text,
            sent_at=message.asked_at,
        )
        step = f"mail:{message_id}"
        state = self._engine.effects.begin(
            run_id=task.run_id,
            step_id=step,
            mode=Effect.IDEMPOTENT,
            key=message_id,
            request={"to": message.recipient, "subject": letter.subject},
        )
        if state.state is EffectStatus.CONFIRMED:
            return
        path = self._mail.send(message_id, letter)
        with self._store.unit() as unit:
            self._engine.effects.confirm(unit, run_id=task.run_id, step_id=step, result={"file": path.name})

    def collect(self) -> int:
        """Take in the answers that lie in the mail spool; one to a closed or unknown task is logged and put aside."""
        taken = 0
        for path, letter in self._mail.incoming():
            task_id = task_of(letter)
            if task_id is not None:
                try:
                    self._workforce.answer(None, task_id, text=answer_text(letter), sender=letter.sender)
                    taken += 1
                except TiebeamError as problem:
                    _log.warning("the letter %s from %s was not taken in: %s", path.name, letter.sender, problem)
            self._mail.done(path)
        return taken
