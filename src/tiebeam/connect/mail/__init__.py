"""Mail through a spool folder: queries go out as files, answers come in as files."""

from tiebeam.connect.mail.message import Attachment, InvalidMessage, Message, answer_text, subject_for, task_of
from tiebeam.connect.mail.spool import MailSpool

__all__ = ["Attachment", "InvalidMessage", "MailSpool", "Message", "answer_text", "subject_for", "task_of"]
