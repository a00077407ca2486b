"""A real IMAP server for the tests: Dovecot, as an ordinary user, on a free port."""

import grp
import os
import pwd
import socket
import subprocess

from tools import machine
from tools.servers import Missing, Service, other_user


class Dovecot(Service):
    """An IMAP server whose mailboxes live as long as its folder; any user, one password."""

    name = "dovecot"
    user = "desk"

    def __init__(self) -> None:
        program = machine.dovecot()
        if program is None:
            raise Missing("Dovecot is not installed (apt-get install dovecot-imapd)")
        super().__init__()
        self.program = program
        self.account = other_user("Dovecot") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    @property
    def url(self) -> str:
        return f"imap://{self.user}:{self.password}@127.0.0.1:{self.port}/INBOX"

    def prepare(self) -> None:
        group = grp.getgrgid(self.account.pw_gid).gr_name
        who = f"uid={self.account.pw_uid} gid={self.account.pw_gid}"
        services = ("anvil", "imap-login", "stats", "config", "log", "auth", "imap")
        lines = [
            f"base_dir = {self.folder}/run",
            f"state_dir = {self.folder}/state",
            f"log_path = {self.folder}/log",
            "protocols = imap",
            "listen = 127.0.0.1",
            "ssl = no",
            "disable_plaintext_auth = no",
            f"default_login_user = {self.account.pw_name}",
            f"default_internal_user = {self.account.pw_name}",
            f"default_internal_group = {group}",
            "first_valid_uid = 1",
            f"mail_location = maildir:{self.folder}/mail/%u",
            f"passdb {{\n driver = static\n args = password={self.password}\n}}",
            f"userdb {{\n driver = static\n args = {who} home={self.folder}/mail/%u\n}}",
            *(f"service {name} {{\n chroot =\n}}" for name in services),
            f"service imap-login {{\n inet_listener imap {{\n port = {self.port}\n }}\n}}",
            "service imap-login {\n inet_listener imaps {\n port = 0\n }\n}",
        ]
        file = self.folder / "dovecot.conf"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if os.geteuid() == 0:
            for path in (self.folder, file):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def launch(self) -> subprocess.Popen[bytes]:
        other = os.geteuid() == 0
        return subprocess.Popen(
            [self.program, "-F", "-c", self.folder / "dovecot.conf"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=self.folder,
            user=self.account.pw_uid if other else None,
            group=self.account.pw_gid if other else None,
            extra_groups=[] if other else None,
        )

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                return line.recv(4) == b"* OK"
        except OSError:
            return False
