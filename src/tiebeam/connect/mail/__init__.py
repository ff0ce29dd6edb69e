"""Mail through a spool folder: queries go out as files, answers come in as files."""

from tiebeam.connect.mail.letter import letter_form, letter_from_form
from tiebeam.connect.mail.message import Attachment, InvalidMessage, Message, answer_text, subject_for, task_of
from tiebeam.connect.mail.spool import MailSpool

__all__ = [
    "Attachment",
    "InvalidMessage",
    "MailSpool",
    "Message",
    "answer_text",
    "letter_form",
    "letter_from_form",
    "subject_for",
    "task_of",
]
